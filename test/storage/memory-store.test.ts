import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { runStoreSuite } from '../suites/store-suite.ts'

runStoreSuite('memory store', async () => {
  const contents = emptyMemoryContents()
  return { open: () => openMemoryStore(contents), remove: async () => undefined }
})
