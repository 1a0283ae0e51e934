/**
 * Writes the golden manifest of the current version: `node scripts/run.mjs node test/golden/manifest/write-golden.ts`. What is
 * there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { type Manifest, printManifest } from '../../../engine/storage/manifest.ts'
import { FULL_MANIFEST, GROUPED_MANIFEST } from '../../support/manifest-shape.ts'

const kernel = await Kernel.create(await loadCore())
mkdirSync(new URL('v3/', import.meta.url), { recursive: true })
write('everything', FULL_MANIFEST)
write('stale-groups', GROUPED_MANIFEST)

function write(name: string, manifest: Manifest): void {
  const file = new URL(`v3/${name}.manifest`, import.meta.url)
  if (!existsSync(file)) writeFileSync(file, printManifest(manifest, (bytes) => kernel.checksum(bytes)))
}
