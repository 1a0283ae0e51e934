import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HttpObjects } from '../../engine/cold/http-objects.ts'
import { patterned } from '../support/patterned.ts'

const BYTES = patterned(1000, 1)
let server: Server
let knowsRanges: boolean
let status: number

beforeEach(async () => {
  knowsRanges = true
  status = 200
  server = createServer(({ url, headers: { range } }, response) => {
    if (status !== 200) return void response.writeHead(status).end()
    if (url !== '/data/table=a%2520b/x.parquet') return void response.writeHead(404).end()
    const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
    if (!knowsRanges || from === undefined || to === undefined) return void response.end(BYTES)
    const start = from === '' ? BYTES.length - Number(to) : Number(from)
    if (start >= BYTES.length) return void response.writeHead(416).end()
    response.writeHead(206).end(BYTES.subarray(start, from === '' ? BYTES.length : Number(to) + 1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function objects(): HttpObjects {
  return new HttpObjects(`http://127.0.0.1:${(server.address() as AddressInfo).port}/data`)
}

const KEY = 'table=a%20b/x.parquet'

test.each([true, false])('reads objects and their parts; the server knows ranges: %s', async (ranges) => {
  knowsRanges = ranges
  const store = objects()
  expect((await store.get(KEY))?.bytes).toEqual(BYTES)
  expect((await store.get(KEY, { start: 10, end: 20 }))?.bytes).toEqual(BYTES.subarray(10, 20))
  expect((await store.get(KEY, { last: 8 }))?.bytes).toEqual(BYTES.subarray(992))
  await expect(store.get(KEY, { start: 990, end: 1001 })).rejects.toMatchObject({ kind: 'truncated' })
  expect(await store.get('other')).toBeUndefined()
})

test.each([
  [401, 'auth'],
  [403, 'auth'],
  [400, 'io'],
  [416, 'truncated'],
])('an answer of %i is an error of kind %s', async (answer, kind) => {
  status = answer
  await expect(objects().get(KEY)).rejects.toMatchObject({ kind })
})
