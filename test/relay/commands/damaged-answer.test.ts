import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { RemoteSource } from '../../../relay/commands/remote-source.ts'
import type { JsonValue } from '../../../relay/json-rows.ts'

/** As relays write it: the columns, a line a row, the end. */
const ANSWER = new TextEncoder().encode(
  '{"columns":[{"name":"time","type":"time"},{"name":"v","type":"f64"}],"rows":[\n["2026-01-01T00:00:00Z",1.5],\n["2026-01-02T00:00:00Z","NaN"]\n],"stats":{"rows":2}}\n',
)
const ROWS: JsonValue[][] = [
  ['2026-01-01T00:00:00Z', 1.5],
  ['2026-01-02T00:00:00Z', 'NaN'],
]

let server: Server
let url: string
let body: Uint8Array

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** The rows of the answer, or the error that is thrown. */
async function read(bytes: Uint8Array): Promise<JsonValue[][] | TidemarkError> {
  body = bytes
  try {
    const { parts } = await new RemoteSource(url, undefined).rows('SELECT v FROM t')
    const rows: JsonValue[][] = []
    for await (const part of parts) rows.push(...part)
    return rows
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    return error
  }
}

test('an answer of a relay that is cut at any byte is an error, never fewer rows', async () => {
  expect(await read(ANSWER)).toEqual(ROWS)
  for (let end = 0; end < ANSWER.length; end++) {
    const rows = await read(ANSWER.subarray(0, end))
    // From the bracket on that ends them it has been said that the rows are all.
    if (end < ANSWER.lastIndexOf(']'.charCodeAt(0)) + 1) expect(rows, `cut at ${end}`).toBeInstanceOf(TidemarkError)
    else expect(rows, `cut at ${end}`).toEqual(ROWS)
  }
})

test('an answer of a relay with any bit flipped is an error, or has all rows, of all columns', async () => {
  for (let bit = 0; bit < ANSWER.length * 8; bit++) {
    const damaged = ANSWER.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const rows = await read(damaged)
    if (Array.isArray(rows))
      expect(
        rows.map((row) => row.length),
        `bit ${bit}`,
      ).toEqual([2, 2])
  }
})
