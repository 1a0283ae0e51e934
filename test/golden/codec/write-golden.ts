/**
 * Writes the golden blocks of the current version: `node scripts/run.mjs node test/golden/codec/write-golden.ts`. Only for shapes that
 * are new; what is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { HEADER_BYTES } from '../../../engine/kernel/header.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { namedShapes } from '../../support/block-shapes.ts'
import { bitsOf } from '../../support/codec-reference.ts'

const folder = new URL('v1/', import.meta.url)
const kernel = await Kernel.create(await loadCore())
mkdirSync(folder, { recursive: true })
for (const [name, column] of namedShapes()) {
  const stem = name.replaceAll(/[^a-z0-9]+/g, '-')
  if (existsSync(new URL(`${stem}.block`, folder))) continue
  const header = new Uint8Array(HEADER_BYTES)
  const payload = kernel.encode(column, 0, column.values.length, header, 0)
  writeFileSync(new URL(`${stem}.block`, folder), Buffer.concat([header, payload]))
  const values = bitsOf(column).map((value) => (typeof value === 'bigint' ? `${value}` : value))
  writeFileSync(new URL(`${stem}.json`, folder), `${JSON.stringify({ type: column.type, values })}\n`)
}
