/**
 * Writes golden dense blocks, one of each set with the model of all: `node scripts/run.mjs node test/golden/dense/write-golden.ts`. Only
 * for shapes that are new; what is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { bitsOf } from '../../support/codec-reference.ts'
import { denseShapes, encodeShared } from '../../support/dense-shapes.ts'

const folder = new URL('v1/', import.meta.url)
const kernel = await Kernel.create(await loadCore())
mkdirSync(folder, { recursive: true })
for (const [name, columns] of denseShapes()) {
  const stem = name.replaceAll(/[^a-z0-9]+/g, '-')
  const dense = encodeShared(kernel, columns)
  const block = dense?.blocks.at(-1)
  const column = columns.at(-1)
  if (existsSync(new URL(`${stem}.json`, folder)) || dense === undefined || !block || !column) continue
  const [model, header, payload] = [dense.model.bytes, block.headers, block.payload].map((bytes) =>
    Buffer.from(bytes).toString('base64'),
  )
  const values = bitsOf(column).map((value) => (typeof value === 'bigint' ? `${value}` : value))
  writeFileSync(
    new URL(`${stem}.json`, folder),
    `${JSON.stringify({ type: column.type, model, header, payload, values })}\n`,
  )
}
