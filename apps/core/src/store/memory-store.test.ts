import { MemoryHistory } from '../history/memory-history.ts'
import { historyPortContract } from './history.contract.ts'
import { emptyDatabase, MemoryStore } from './memory-store.ts'
import { storeContract } from './store.contract.ts'

storeContract('in memory', async () => {
  const database = emptyDatabase()
  return { open: async () => new MemoryStore(database) }
})

historyPortContract('in memory', async () => new MemoryHistory())
