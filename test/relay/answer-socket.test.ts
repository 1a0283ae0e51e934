import { once } from 'node:events'
import { IncomingMessage, request, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Table, tableFromIPC } from '@uwdata/flechette'
import { afterEach, describe, expect, test } from 'vitest'
import type { Batch } from '../../engine/core/batch.ts'
import type { QueryResult } from '../../engine/engine.ts'
import { AnswerSocket, MAX_UNSENT_BYTES } from '../../relay/answer-socket.ts'
import { ANSWER_FORMATS, readAnswer } from '../../relay/answer-stream.ts'
import { type RelayServer, serve } from '../../relay/server.ts'
import { fakeEngine } from '../support/fake-engine.ts'

const ROWS = 100_000
const BATCH_BYTES = 2 * ROWS * 8
const columns = [
  { name: 'n', type: 'f64' },
  { name: 'again', type: 'f64' },
] as const
const running: RelayServer[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(answer: Partial<QueryResult>): Promise<RelayServer> {
  const result = { columns, keys: [], batches: batchesOf(), ...answer }
  const server = await serve({ engine: fakeEngine({ query: async () => result }), port: 0 })
  running.push(server)
  return server
}

/** Both columns have the same memory. */
function batchFrom(first: number): Batch {
  const values = Float64Array.from({ length: ROWS }, (_, row) => first + row)
  return {
    rows: ROWS,
    columns: [
      { name: 'n', type: 'f64', values },
      { name: 'again', type: 'f64', values },
    ],
  }
}

async function* batchesOf(...parts: (Batch | Error)[]): AsyncGenerator<Batch> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield part
  }
}

const ARROW = { accept: 'application/vnd.apache.arrow.stream' }
const body = '{"query":"x"}'

function post({ url }: RelayServer, headers: Record<string, string> = ARROW): Promise<Response> {
  return fetch(`${url}/api/query`, { method: 'POST', body, headers })
}

/** Both columns count the rows. */
function expectRows(table: Table, rows: number): void {
  expect(table.numRows).toBe(rows)
  for (const name of ['n', 'again']) {
    const values = Float64Array.from(table.getChild(name).toArray())
    expect(values.length).toBe(rows)
    expect(values.findIndex((value, row) => value !== row)).toBe(-1)
  }
}

const bytesLeft = (batches: readonly Batch[]) =>
  batches.map(({ columns }) => columns.map(({ values }) => values.byteLength))

describe('a large answer to a program', () => {
  test('has all rows in the right order, also of columns that share memory', async () => {
    const parts = Array.from({ length: 5 }, (_, at) => batchFrom(at * ROWS))
    const server = await start({ batches: batchesOf(...parts), ownsBatches: true })
    const response = await post(server)
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      ARROW.accept,
      'no-store',
    ])
    expectRows(tableFromIPC(new Uint8Array(await response.arrayBuffer())), 5 * ROWS)
  })

  test('leaves no memory of batches that nobody else has, once they are sent', async () => {
    const parts = [batchFrom(0), batchFrom(1)]
    const server = await start({ batches: batchesOf(...parts), ownsBatches: true })
    await (await post(server)).arrayBuffer()
    expect(bytesLeft(parts)).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('keeps the memory of a batch until the system has all of it', async () => {
    const parts = [batchFrom(0), batchFrom(1)]
    let takenBytes = 0
    const early: unknown[] = []
    const transport = new Duplex({
      read: () => undefined,
      write: ({ length }: Uint8Array, _, taken) => {
        setTimeout(() => {
          if (takenBytes < BATCH_BYTES) early.push(...bytesLeft(parts).flat())
          else if (takenBytes < 2 * BATCH_BYTES) early.push(...bytesLeft(parts.slice(1)).flat())
          takenBytes += length
          taken()
        }, 1)
      },
    })
    const outgoing = new ServerResponse(new IncomingMessage(new Socket()))
    // A socket is a duplex stream, and no more of it is used.
    outgoing.assignSocket(transport as Socket)
    const socket = new AnswerSocket(outgoing)
    const result = { columns, keys: [], batches: batchesOf(...parts), ownsBatches: true }
    const format = ANSWER_FORMATS.get(ARROW.accept)
    const answer = format && (await readAnswer(result, format, socket))
    if (answer === undefined || answer instanceof Uint8Array) throw new Error('a large answer is not whole')
    await socket.send(answer, {})
    expect(new Set(early)).toEqual(new Set([ROWS * 8]))
    expect(bytesLeft(parts).flat()).toEqual([0, 0, 0, 0])
  })

  test('leaves batches alone that others may have', async () => {
    const parts = [batchFrom(0), batchFrom(1)]
    const kept = [
      [ROWS * 8, ROWS * 8],
      [ROWS * 8, ROWS * 8],
    ]
    await (await post(await start({ batches: batchesOf(...parts) }))).arrayBuffer()
    expect(bytesLeft(parts)).toEqual(kept)
  })

  test('as text is the same as what a page gets', async () => {
    const answers = async (headers: Record<string, string>, method: string) => {
      const server = await start({ batches: batchesOf(batchFrom(0), batchFrom(7)), ownsBatches: true })
      const sent = method === 'POST' ? { method, body } : {}
      const response = await fetch(`${server.url}/api/query?q=x`, { ...sent, headers })
      return { text: await response.text(), policy: response.headers.get('content-security-policy') !== null }
    }
    for (const accept of ['text/csv', 'application/json']) {
      const [toProgram, toPage] = [await answers({ accept }, 'POST'), await answers({ accept }, 'GET')]
      expect(toProgram.text).toBe(toPage.text)
      expect(toProgram.text.length).toBeGreaterThan(ROWS)
      expect([toProgram.policy, toPage.policy]).toEqual([false, true])
    }
  })

  test('waits for a client that does not read, and then has all rows', async () => {
    let made = 0
    async function* counted(): AsyncGenerator<Batch> {
      for (; made < 40; made++) yield batchFrom(made * ROWS)
    }
    const server = await start({ batches: counted(), ownsBatches: true })
    const call = request(`${server.url}/api/query`, { method: 'POST', headers: ARROW })
    call.end(body)
    const [response] = await once(call, 'response')
    let before = -1
    while (made !== before) {
      before = made
      await sleep(200)
    }
    // What the system's own buffers take is 10 MB at the most.
    expect(made).toBeLessThan((MAX_UNSENT_BYTES + 10e6) / BATCH_BYTES + 3)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    expectRows(tableFromIPC(new Uint8Array(Buffer.concat(chunks))), 40 * ROWS)
  })

  test('ends with the client that goes away', async () => {
    const ended = Promise.withResolvers<void>()
    async function* endless(): AsyncGenerator<Batch> {
      try {
        for (;;) yield batchFrom(0)
      } finally {
        ended.resolve()
      }
    }
    const server = await start({ batches: endless(), ownsBatches: true })
    const reader = (await post(server)).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await ended.promise
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  test('goes nowhere where the client has gone before', async () => {
    const [begun, left, ended] = [0, 0, 0].map(() => Promise.withResolvers<void>())
    async function* parts(): AsyncGenerator<Batch> {
      try {
        for (let at = 0; at < 20; at++) yield batchFrom(at)
      } finally {
        ended?.resolve()
      }
    }
    const warnings: string[] = []
    const engine = fakeEngine({
      query: async () => {
        begun?.resolve()
        await left?.promise
        return { columns, keys: [], batches: parts(), ownsBatches: true }
      },
    })
    const log = { info: () => undefined, warn: (text: string) => void warnings.push(text) }
    const server = await serve({ engine, port: 0, log })
    running.push(server)
    const call = request(`${server.url}/api/query`, { method: 'POST', headers: ARROW })
    call.on('error', () => undefined).end(body)
    await begun?.promise
    call.destroy()
    await sleep(50)
    left?.resolve()
    await ended?.promise
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    expect(warnings).toEqual([])
  })

  test('breaks off where a later part fails, and the relay goes on', async () => {
    const server = await start({ batches: batchesOf(batchFrom(0), new Error('the disk is gone')), ownsBatches: true })
    const response = await post(server)
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })
})
