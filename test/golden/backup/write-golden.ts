/**
 * Writes the golden backups of the current version: `node scripts/run.mjs node test/golden/backup/write-golden.ts`. What is
 * there already is never written again, since it must stay readable. One row was deleted and waits for a compaction.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { goldenLines, goldenRows } from '../../support/cold-golden.ts'
import { tiersOn } from '../../support/cold-place.ts'
import { openOverStore } from '../../support/engine-over-store.ts'
import { S3Server } from '../../support/s3-server.ts'

const folder = new URL('v2/', import.meta.url)
if (existsSync(folder)) throw new Error('the golden folder of this version is there already')
mkdirSync(folder)
const server = await S3Server.start()
const [first, last] = [goldenRows()[0]?.[0] as bigint, goldenRows().at(-1)?.[0] as bigint]
const clock = { now: () => last + 30n * 86_400_000_000_000n }
const engine = await openOverStore(await openMemoryStore(), { clock, tiers: tiersOn(server, 'p', { air: { afterMs: 0 } }) })
await engine.appendLines(goldenLines())
await engine.writer.moveToCold()
await engine.appendLines(`air,host=late level=1 ${last + 1n}`)
await engine.writer.delete({
  ...{ table: 'air', start: first, end: first + 1n },
  matchers: [{ tag: 'host', op: '=', value: 'a' }],
})
for (const kind of ['reference', 'include'] as const) {
  const backup = await engine.files.openBackup(kind)
  const parts: Uint8Array[] = []
  for (let part = await engine.files.nextChunk(backup); part; part = await engine.files.nextChunk(backup)) parts.push(part)
  await engine.files.closeBackup(backup)
  writeFileSync(new URL(`${kind}.tdmk`, folder), Buffer.concat(parts))
}
await engine.close()
await server.close()
