import { COLD_MANIFEST_COPY } from '../storage/manifest.ts'
import type { Store } from '../storage/store.ts'
import type { OpenedTiers, Tiers } from './tiers.ts'

/** The tiers of a store: as they were given, or what stands for a cold tier that it has and that was not given. */
export async function openedTiers(options: { tiers?: Tiers; store: Store }): Promise<OpenedTiers | undefined> {
  if (options.tiers) return options.tiers
  const names = await options.store.blobs.list()
  return names.some(({ name }) => name === COLD_MANIFEST_COPY) ? { cold: { kind: 'closed' } } : undefined
}
