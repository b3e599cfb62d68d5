/** Real databases for tests, gone when the test is over. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { onTestFinished } from 'vitest'
import { openStore, type OpenedStore } from '../../src/store/open-store.ts'

const log = createLog('test', 'silent')

/** A folder of its own. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fornax-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The path of a file that is not there yet. */
export async function scratchFile(): Promise<string> {
  return join(await scratchFolder(), 'fornax.db')
}

export function openTestStore(databaseUrl: string): Promise<OpenedStore> {
  return openStore({ databaseUrl, durability: 'process', clock: systemClock, log })
}
