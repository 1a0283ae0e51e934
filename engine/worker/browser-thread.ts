import type { Thread } from './platform.ts'

export function spawnBrowserThread(): Thread {
  const worker = new Worker(new URL('./browser-worker.ts', import.meta.url), { type: 'module' })
  return {
    endpoint: worker,
    onFailure: (listener) => {
      worker.addEventListener('error', (event) =>
        listener(new Error(event.message || 'the worker could not be started')),
      )
    },
    terminate: () => worker.terminate(),
  }
}
