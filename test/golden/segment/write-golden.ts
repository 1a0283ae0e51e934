/**
 * Writes the golden segments of the current version: `node scripts/run.mjs node test/golden/segment/write-golden.ts`. Only for
 * shapes that are new; what is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { plainSeries, writeSegment } from '../../support/segment-reading.ts'
import { segmentShapes } from '../../support/segment-shapes.ts'

const folder = new URL('v3/', import.meta.url)
const kernel = await Kernel.create(await loadCore())
mkdirSync(folder, { recursive: true })
for (const [shape, parts] of segmentShapes()) {
  for (const settle of [false, true]) {
    const name = settle ? `${shape}-settled` : shape
    if (existsSync(new URL(`${name}.seg`, folder))) continue
    const { bytes, info } = await writeSegment(parts, kernel, settle)
    writeFileSync(new URL(`${name}.seg`, folder), bytes)
    const expected = { name: info.name, series: plainSeries(parts) }
    writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(expected)}\n`)
  }
}
