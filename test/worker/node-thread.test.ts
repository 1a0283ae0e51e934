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

test('a port is heard without an event, for whose class Node would load its client of HTTP', async () => {
  const calls = new URL('../../engine/core/calls.ts', import.meta.url).href
  const probe = new Worker(
    `import(${JSON.stringify(calls)}).then(async ({ expose, remote }) => {
      const { port1, port2 } = new MessageChannel()
      expose({ twice: async (visit) => 2 * (await visit(7)) }, port1)
      const answer = await remote(port2).twice((value) => value + 1)
      const loaded = process.moduleLoadList.filter((name) => name.includes('undici'))
      require('node:worker_threads').parentPort.postMessage([answer, loaded])
      port1.close()
    })`,
    { eval: true },
  )
  expect(await once(probe, 'message')).toEqual([[16, []]])
  await probe.terminate()
})
