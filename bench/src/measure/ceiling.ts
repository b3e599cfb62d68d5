/** How fast the load tool itself is: the same job against a server that does nothing. */
import { z } from 'zod'
import type { BenchRun } from '../bench-run.ts'
import type { LoadJob } from '../load/load-job.ts'
import { Child } from '../world/child.ts'
import type { LoadProcess } from '../world/load-process.ts'

const readyMessage = z.object({ http: z.number(), ws: z.number() })
const LONGEST_MS = 1_500
const QUICK_MS = 500
/** An open loop has no ceiling of its own: it is that of so many at a time. */
const OPEN_LOOP_CONCURRENCY = 4
const ENOUGH_CALLS = 1_000_000

/** Sessions per second. */
export async function measureCeiling(
  run: BenchRun,
  load: LoadProcess,
  job: Omit<LoadJob, 'target'> & { readonly transport: 'http' | 'ws' },
): Promise<number> {
  const { transport, loop, batch, applications } = job
  await using idle = new Child({ name: 'the idle server', args: ['bench/src/idle/main.ts', String(batch)] })
  const ports = readyMessage.parse(await idle.message('ready'))
  const concurrency = loop.kind === 'closed' ? loop.concurrency : OPEN_LOOP_CONCURRENCY
  const { opened, seconds } = await load.run({
    type: 'load',
    target: { host: '127.0.0.1', port: ports[transport], token: '0'.repeat(32), transport },
    applications,
    batch,
    calls: ENOUGH_CALLS,
    loop: { kind: 'closed', concurrency },
    livesMs: null,
    longestMs: run.isQuick ? QUICK_MS : LONGEST_MS,
  })
  return opened / seconds
}
