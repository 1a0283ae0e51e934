/**
 * Writes the golden records of the current version: `node scripts/run.mjs node test/golden/record/write-golden.ts`. Only for
 * shapes that are new; what is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { encodeRecord } from '../../../engine/storage/record.ts'
import { plainRecord, recordShapes } from '../../support/record-shapes.ts'

const folder = new URL('v1/', import.meta.url)
const kernel = await Kernel.create(await loadCore())
mkdirSync(folder, { recursive: true })
for (const [name, record] of recordShapes()) {
  if (existsSync(new URL(`${name}.record`, folder))) continue
  writeFileSync(new URL(`${name}.record`, folder), encodeRecord(record, kernel))
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(plainRecord(record))}\n`)
}
