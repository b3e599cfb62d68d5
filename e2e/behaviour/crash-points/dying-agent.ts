/**
 * The agent as its own `main.ts` runs it, but for its ports, which kill it where they are told to:
 *
 *   node dying-agent.ts [POINT SIDE NTH]       or later, over the channel: ► { type: 'arm', order }
 */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { assembleAgent, type Agent } from '@fornax/agent/agent'
import { readConfig } from '@fornax/agent/config'
import { openGrpcStream } from '@fornax/agent/corelink/grpc-stream'
import { IdentityKeeper } from '@fornax/agent/corelink/identity-keeper'
import { identityFile } from '@fornax/agent/corelink/node-identity'
import { openSqliteLedger } from '@fornax/agent/ledger/sqlite-ledger'
import { openRuntimes, removeRetiredPods } from '@fornax/agent/runtime/open-runtimes'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { seededRandom } from '@fornax/kernel/random'
import { CRASH_POINTS, CRASH_SIDES } from '@fornax/simulator/crash-points'
import { dyingLedger, dyingRuntime, dyingStream } from './dying-ports.ts'
import { Trap, type CrashOrder } from './trap.ts'

const STOP_GRACE_MS = 1_500

const trap = new Trap()
const first = orderFrom(process.argv.slice(2))
if (first !== null) trap.arm(first)
const stopped = Promise.withResolvers<'agent' | 'pods'>()
process.on('message', (message: Word) => {
  if (message.type === 'arm') trap.arm(message.order)
  else stopped.resolve('pods')
})
void once(process, 'disconnect').then(() => stopped.resolve('agent'))

await using agent = await start()
flushCompileCache() // Who is killed does not get to it.
process.send?.({ type: 'ready' })
if ((await stopped.promise) === 'pods') await agent.stopPods(STOP_GRACE_MS)
if (process.connected) process.disconnect()

type Word = { readonly type: 'arm'; readonly order: CrashOrder } | { readonly type: 'stop' }

async function start(): Promise<Agent> {
  const config = readConfig(process.env)
  const { dataDir, coreAddress } = config
  const world = { clock: systemClock, log: createLog('agent', config.logLevel) }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const opened = openSqliteLedger(join(dataDir, 'ledger.db'))
  if (opened.kind !== 'opened') throw new Error(opened.kind === 'refused' ? opened.problem : opened.why)
  const runtimesWorld = { ...config, ...world, host: config.address }
  const runtimes = await openRuntimes(config.runtime, runtimesWorld)
  await removeRetiredPods(runtimes, runtimesWorld)
  const store = identityFile(join(dataDir, 'identity.json'))
  const identity = new IdentityKeeper({ ...config, ...world, store })
  const { ledgerId } = opened.ledger.load()
  return await assembleAgent({
    ...config,
    ...world,
    ledger: dyingLedger(opened.ledger, trap),
    runtimes: runtimes.map((runtime) => dyingRuntime(runtime, trap)),
    identity,
    openStream: dyingStream(
      (listener, signal) => openGrpcStream({ coreAddress, identity, ledgerId }, listener, signal),
      trap,
    ),
    random: seededRandom(process.pid),
  })
}

function orderFrom([name, sideName, nth]: readonly string[]): CrashOrder | null {
  const point = CRASH_POINTS.find((one) => one === name)
  const side = CRASH_SIDES.find((one) => one === sideName)
  return point === undefined || side === undefined ? null : { point, side, nth: Number(nth) }
}
