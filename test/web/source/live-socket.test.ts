import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { TidemarkError } from '../../../engine/core/errors.ts'
import type { LiveUpdate } from '../../../engine/engine.ts'
import { LiveSocket } from '../../../web/source/live-socket.ts'

const RESULT =
  '{"id":"1","kind":"result","columns":[{"name":"h","type":"string"},{"name":"v","type":"f64"}],"keys":["h"],"rows":[["a",1.5]]}'
const DELTA = '{"id":"1","kind":"delta","changed":{"rows":[["b",2]]},"removed":{"rows":[["a"]]}}'

let server: WebSocketServer
let live: LiveSocket

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise<void>((resolve) => server.once('listening', () => resolve()))
  const address = server.address()
  live = new LiveSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, () => undefined)
})
afterEach(() => {
  live.close()
  server.close()
})

/** Sends messages to a page that has subscribed once, and gives what its observer got once a last, broken one has come. */
async function deliver(messages: readonly string[]): Promise<{ updates: LiveUpdate[]; errors: Error[] }> {
  server.on('connection', (socket) => {
    socket.on('message', () => {
      for (const message of [...messages, '']) socket.send(message)
    })
  })
  const updates: LiveUpdate[] = []
  const errors: Error[] = []
  const last = Promise.withResolvers<void>()
  const observer = {
    next: (update: LiveUpdate) => updates.push(update),
    error: (error: Error) => {
      errors.push(error)
      if (updates.length + errors.length > messages.length) last.resolve()
    },
  }
  live.subscribe('SELECT v FROM t', observer)
  await last.promise
  return { updates, errors: errors.slice(0, -1) }
}

test('an answer and what changes of it come as columns', async () => {
  const { updates, errors } = await deliver([RESULT, DELTA])
  expect(errors).toEqual([])
  expect(updates).toMatchObject([
    {
      kind: 'result',
      keys: ['h'],
      rows: { rows: 1, columns: [{ dictionary: ['a'] }, { values: Float64Array.of(1.5) }] },
    },
    { kind: 'delta', changed: { rows: 1 }, removed: { rows: 1, columns: [{ name: 'h', dictionary: ['a'] }] } },
  ])
})

test('a message that is cut at any byte is an error of its query, or of all', async () => {
  const cuts = [RESULT, DELTA].flatMap((text) => Array.from({ length: text.length }, (_, end) => text.slice(0, end)))
  const { updates, errors } = await deliver([RESULT, ...cuts])
  expect(updates).toHaveLength(1)
  expect(errors).toHaveLength(cuts.length)
  for (const error of errors) expect(error).toMatchObject({ kind: 'corrupt' })
})

test('messages with any bit flipped are read, refused or of nobody: nothing else is thrown', async () => {
  const flips = [RESULT, DELTA].flatMap((text) =>
    Array.from({ length: text.length * 7 }, (_, bit) => {
      const at = Math.floor(bit / 7)
      const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit % 7)))
      return text.slice(0, at) + flipped + text.slice(at + 1)
    }),
  )
  const mine = flips.filter((text) => !isOfNobody(text))
  const { updates, errors } = await deliver([RESULT, ...mine])
  expect(updates.length + errors.length).toBe(1 + mine.length)
  for (const error of errors) expect(error).toBeInstanceOf(TidemarkError)
})

/** Whether it is a message of a subscription that there is not. */
function isOfNobody(text: string): boolean {
  try {
    return JSON.parse(text).id !== '1'
  } catch {
    return false
  }
}
