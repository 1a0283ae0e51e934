import { crc32 } from 'node:zlib'
import { TidemarkError } from '../../engine/core/errors.ts'
import { openNodeStore } from '../../engine/storage/node-store.ts'
import { patterned } from './patterned.ts'

// Opens the store in a folder and appends until it is killed or fails. Each line it writes is a fact that it vouches for:
// "open", "appended POSITION", or "KIND: MESSAGE" of the error that ended it.
const [folder = '', recordBytes = '1000'] = process.argv.slice(2)
try {
  const store = await openNodeStore(folder, { checksum: crc32, logFileBytes: 50_000 })
  console.log('open')
  for (let next = store.log.next; ; next += 4) {
    const appends = [0, 1, 2, 3].map((i) => store.log.append(patterned(Number(recordBytes), next + i)))
    for (const position of await Promise.all(appends)) console.log(`appended ${position}`)
  }
} catch (error) {
  if (!(error instanceof TidemarkError)) throw error
  console.log(`${error.kind}: ${error.message}`)
}
