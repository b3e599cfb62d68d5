/** Opens the store of its argument and closes it, and prints how that went as JSON. */
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { openStore } from '../../src/store/open-store.ts'

const databaseUrl = process.argv[2] ?? ''
try {
  const log = createLog('child', 'silent')
  const store = await openStore({ databaseUrl, durability: 'process', clock: systemClock, log })
  await store[Symbol.asyncDispose]()
  console.log(JSON.stringify({ name: 'opened', message: '' }))
} catch (error) {
  if (!(error instanceof Error)) throw error
  console.log(JSON.stringify({ name: error.name, message: error.message }))
}
