import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { goldenRows } from '../support/cold-golden.ts'
import { rowsOf } from '../support/plain-column.ts'

let server: Server
const folder = new URL('../golden/cold/v1/', import.meta.url)

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    response.end(readFileSync(new URL(decodeURIComponent(url).slice(1), folder)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('a published folder of version 1 is read as it was written', async () => {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, tiers: { cold: { kind: 'http', base } } })
  expect(rowsOf(await collectRows(await engine.query('SELECT * FROM air')))).toEqual(goldenRows())
  await engine.close()
})
