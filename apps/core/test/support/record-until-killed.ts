/** Opens the store of its argument, records sessions, and prints the id of each one that is. Ends with its parent. */
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { openStore } from '../../src/store/open-store.ts'
import { session } from './store-samples.ts'

const WRITERS = 20

const databaseUrl = process.argv[2]
if (databaseUrl === undefined) throw new Error('name a database')
process.stdin.on('close', () => process.exit()).resume()
const store = await openStore({
  databaseUrl,
  durability: 'process',
  clock: systemClock,
  log: createLog('child', 'silent'),
})
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => recordForever(writer)))

async function recordForever(writer: number): Promise<never> {
  for (let number = 0; ; number += 1) {
    const id = `ses-${writer}-${number}`
    await store.recordSessions([session(id, { createdAtMs: number })])
    await new Promise((resolve) => process.stdout.write(`${id}\n`, resolve))
  }
}
