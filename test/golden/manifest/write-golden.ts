/**
 * Writes the golden manifest of the current version: `node scripts/run.mjs node test/golden/manifest/write-golden.ts`. What is
 * there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { printManifest } from '../../../engine/storage/manifest.ts'
import { FULL_MANIFEST } from '../../support/manifest-shape.ts'

const file = new URL('v3/everything.manifest', import.meta.url)
const kernel = await Kernel.create(await loadCore())
mkdirSync(new URL('.', file), { recursive: true })
if (!existsSync(file)) writeFileSync(file, printManifest(FULL_MANIFEST, (bytes) => kernel.checksum(bytes)))
