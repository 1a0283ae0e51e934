import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { nodeEndpoint } from './node-endpoint.ts'
import type { Thread } from './platform.ts'

/**
 * What a thread's objects take while they are new. Node would let them take a share of the machine's memory, 96 MiB where there is
 * much; rows are in buffers and in the core's memory, so that the collector has little to do all the same.
 */
const YOUNG_MEGABYTES = 8

export function spawnNodeThread(): Thread {
  // The new thread can call its collector then. The flag stays: V8 looks at it when the thread makes its globals.
  setFlagsFromString('--expose-gc')
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
  const worker = new Worker(new URL('./node-worker.ts', import.meta.url), { resourceLimits })
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
