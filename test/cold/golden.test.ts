import { createReadStream, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { collectRows, openEngine } from '../../engine/engine.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { restoreBackup } from '../../engine/storage/backup-reader.ts'
import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { ColdRestore } from '../../engine/worker/cold/cold-backup.ts'
import { goldenRows } from '../support/cold-golden.ts'
import { tiersOn } from '../support/cold-place.ts'
import { openOverStore } from '../support/engine-over-store.ts'
import { rowsOf } from '../support/plain-column.ts'
import { S3Server } from '../support/s3-server.ts'

const kernel = await Kernel.create(await loadCore())
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

test('backups of version 2 restore what they were made of, by reference over the files of the whole one', async () => {
  const s3 = await S3Server.start()
  const read = async (name: string): Promise<unknown[]> => {
    const file = createReadStream(new URL(`../golden/backup/v2/${name}.tdmk`, import.meta.url))
    const contents = emptyMemoryContents()
    const store = await openMemoryStore(contents)
    const { cold } = tiersOn(s3, 'p')
    await restoreBackup(store, file, kernel, new ColdRestore(kernel, { location: cold, replace: false }))
    await store.close()
    const engine = await openOverStore(await openMemoryStore(contents), { tiers: { cold } })
    const fields = ['count', 'level', 'text', 'up']
    const plan = { kind: 'rows', table: 'air', matchers: [], start: MIN_TIME, end: MAX_TIME, order: 'asc' } as const
    const rows: unknown[] = []
    for await (const batch of engine.queryable.rows({ ...plan, tags: ['host', 'region'], fields }))
      rows.push(...rowsOf(batch))
    await engine.close()
    return rows
  }
  const [, ...left] = goldenRows()
  const wanted = [...left, [(left.at(-1)?.[0] as bigint) + 1n, 'late', null, null, 1, null, null]]
  expect(await read('include')).toEqual(wanted)
  expect(await read('reference')).toEqual(wanted)
  await s3.close()
})
