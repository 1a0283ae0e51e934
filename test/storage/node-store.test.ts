import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { openNodeStore } from '../../engine/storage/node-store.ts'
import { runStoreSuite } from '../suites/store-suite.ts'

runStoreSuite('Node store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-store-'))
  return { open: () => openNodeStore(folder, { checksum: crc32 }), remove: () => rm(folder, { recursive: true }) }
})

runStoreSuite('Node store with short log files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-store-'))
  const options = { checksum: crc32, logFileBytes: 1000 }
  return { open: () => openNodeStore(folder, options), remove: () => rm(folder, { recursive: true }) }
})
