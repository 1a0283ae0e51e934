import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { spawnNodeThread } from '../../engine/worker/node-thread.ts'

test('threads have a call for their collector', async () => {
  const thread = spawnNodeThread()
  try {
    // Flags are of the process: a thread of the test has what the engine's have.
    const probe = new Worker("require('node:worker_threads').parentPort.postMessage(typeof gc)", { eval: true })
    expect(await once(probe, 'message')).toEqual(['function'])
  } finally {
    thread.terminate()
  }
})
