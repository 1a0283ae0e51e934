/**
 * Writes the golden records of deletes: `node scripts/run.mjs node test/golden/delete/write-golden.ts`. Only for shapes that
 * are new; what is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { encodeDelete } from '../../../engine/storage/tombstone.ts'
import { DELETE_SHAPES } from '../../support/delete-shapes.ts'

const folder = new URL('v1/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, tombstone] of DELETE_SHAPES) {
  if (existsSync(new URL(`${name}.record`, folder))) continue
  writeFileSync(new URL(`${name}.record`, folder), encodeDelete(tombstone))
}
