import type { Queryable } from '../core/plan.ts'
import type { LiveObserver, SubscribeOptions, Subscription } from './subscription.ts'

/** `subscribe`, whose code a page loads with its first subscription. */
export function subscribeLoaded(
  text: string,
  queryable: Queryable,
  observer: LiveObserver,
  options: SubscribeOptions,
): Subscription {
  let inner: Subscription | undefined
  let isEnded = false
  const begin = async (): Promise<void> => {
    const { subscribe } = await import('./subscription.ts')
    if (!isEnded) inner = subscribe(text, queryable, observer, options)
  }
  begin().catch((error: unknown) => {
    if (!isEnded) observer.error(error instanceof Error ? error : new Error(String(error)))
  })
  return {
    unsubscribe: () => {
      isEnded = true
      inner?.unsubscribe()
    },
  }
}
