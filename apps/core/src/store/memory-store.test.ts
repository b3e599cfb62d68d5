import { emptyDatabase, MemoryStore } from './memory-store.ts'
import { storeContract } from './store.contract.ts'

storeContract('in memory', async () => {
  const database = emptyDatabase()
  return { open: async () => new MemoryStore(database) }
})
