import { Worker } from 'node:worker_threads'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { Thread } from './platform.ts'

export function spawnNodeThread(): Thread {
  const worker = new Worker(new URL('./node-worker.ts', import.meta.url))
  return {
    endpoint: nodeEndpoint(worker),
    onFailure: (listener) => {
      worker.on('error', (error) => listener(error instanceof Error ? error : new Error(String(error))))
      worker.on('exit', (code) => listener(new Error(`the worker thread ended with code ${code}`)))
    },
    terminate: () => {
      void worker.terminate()
    },
  }
}
