import type { MessagePort, Worker } from 'node:worker_threads'
import type { Endpoint } from '../core/calls.ts'

/** A thread, or the one that started this one, whose events are those of Node. */
export function nodeEndpoint(thread: Worker | MessagePort): Endpoint {
  return {
    // In Node the global ports are those of its threads.
    postMessage: (message, buffers) => thread.postMessage(message, buffers as ArrayBuffer[]),
    addEventListener: (_, listener) => thread.on('message', (data: unknown) => listener({ data })),
  }
}
