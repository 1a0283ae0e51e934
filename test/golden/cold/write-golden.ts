/**
 * Writes the golden published folder of the current version: `node scripts/run.mjs node test/golden/cold/write-golden.ts`. What
 * is there already is never written again, since readers must go on reading it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { goldenLines, goldenRows } from '../../support/cold-golden.ts'
import { tiersOn } from '../../support/cold-place.ts'
import { openOverStore } from '../../support/engine-over-store.ts'
import { S3Server } from '../../support/s3-server.ts'

const folder = new URL('v1/', import.meta.url)
if (existsSync(folder)) throw new Error('the golden folder of this version is there already')
const server = await S3Server.start()
const last = goldenRows().at(-1)?.[0] as bigint
const clock = { now: () => last + 30n * 86_400_000_000_000n }
const engine = await openOverStore(await openMemoryStore(), { clock, tiers: tiersOn(server, 'p', { air: { afterMs: 0 } }) })
await engine.appendLines(goldenLines())
await engine.writer.moveToCold()
for (const [key, { bytes }] of server.objects) {
  const file = new URL(key.slice('p/'.length), folder)
  mkdirSync(new URL('.', file), { recursive: true })
  writeFileSync(file, bytes)
}
await engine.close()
await server.close()
