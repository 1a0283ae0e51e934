/**
 * Writes the golden records with groups: `node scripts/run.mjs node test/golden/record/write-golden-groups.ts`. What is there already
 * is never written again, since readers must go on reading it. The rows are written from what went in, series after series.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { canonicalTags, encodeSeriesKey } from '../../../engine/core/series.ts'
import { GroupEncoder } from '../../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { packKeys } from '../../../engine/kernel/key-batch.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { encodeRecord, type RowsRecord } from '../../../engine/storage/record.ts'
import { rowsInTurn } from '../../support/grouped-rows.ts'
import { plainRecord } from '../../support/record-shapes.ts'

const folder = new URL('v1-groups/', import.meta.url)
const kernel = await Kernel.create(await loadCore())
mkdirSync(folder, { recursive: true })
const producer = { id: 'gäte-7', sequence: 2n ** 64n - 1n, time: -5n }
const key = encodeSeriesKey({ table: 'air', tags: canonicalTags([['host', 'a']]) })
// Rows of one series are in the order of its groups as they are.
const [first, second] = [rowsInTurn([1300], 3), rowsInTurn([128], 4)]
const newSeries = { numbers: Uint32Array.of(0), keys: packKeys([key]) }
const groups = [first, second].map((rows) => {
  const encoded = new GroupEncoder(kernel).encode([rows], 1)
  if (encoded === undefined) throw new Error('the rows were left as they are')
  return encoded
})
const shapes: [string, RowsRecord, RowsRecord][] = [
  ['groups', { newSeries, groups, tables: [] }, { newSeries, tables: [first, second] }],
  [
    'producer-groups',
    { newSeries, groups: groups.slice(1), tables: [rowsInTurn([5])], producer },
    { newSeries, tables: [second, rowsInTurn([5])], producer },
  ],
]
for (const [name, record, plain] of shapes) {
  if (existsSync(new URL(`${name}.record`, folder))) continue
  writeFileSync(new URL(`${name}.record`, folder), encodeRecord(record, kernel))
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(plainRecord(plain))}\n`)
}
