/**
 * Writes the golden records of definitions: `node scripts/run.mjs node test/golden/definition/write-golden.ts`. Only for shapes
 * that are new; what is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { encodeDefinition } from '../../../engine/storage/definition.ts'
import { DEFINITION_SHAPES } from '../../support/definition-shapes.ts'

const folder = new URL('v1/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, defined] of DEFINITION_SHAPES) {
  if (existsSync(new URL(`${name}.record`, folder))) continue
  writeFileSync(new URL(`${name}.record`, folder), encodeDefinition(defined))
}
