/** Ties `npm start` to its process: environment, terminal and signals. */
import { systemClock } from '@fornax/kernel/clock'
import { ROOT } from '../setup/prepare.ts'
import type { PartPrograms } from './part-process.ts'
import { startFornax } from './start-fornax.ts'
import { StopRequest } from './stop-request.ts'

/** `programs`: other parts than the real ones, for which nothing needs to be prepared. */
export async function startCommand(programs?: PartPrograms): Promise<void> {
  let kill: (() => void) | null = null
  using request = new StopRequest({ clock: systemClock, onImpatient: () => kill?.() })
  process.exitCode = await startFornax({
    env: process.env,
    root: ROOT,
    clock: systemClock,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
    stop: request.signal,
    onKillable: (killEverything) => void (kill = killEverything),
    ...(programs === undefined ? {} : { programs }),
  })
  if (process.connected) process.disconnect()
}
