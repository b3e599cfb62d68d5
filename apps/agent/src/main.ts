/**
 * Starts the agent, and stops it when asked.
 *
 * Pods outlive it: SIGTERM, and the end of whoever started it, end the agent alone.
 * Ctrl-C (SIGINT), and `{ type: 'stop', pods: 'end' }` over the channel of
 * `npm start`, end all pods first.
 */
import { once } from 'node:events'
import { sleep, systemClock } from '@fornax/kernel/clock'
import { lowerV8Threads } from '@fornax/kernel/v8-threads'
import { createLog } from '@fornax/kernel/log'
import { startAgent } from './start-agent.ts'
import { readConfig } from './config.ts'

/** What pods get to end by themselves, before they are killed. */
const STOP_GRACE_MS = 1_500
/** An agent without a core is up as well; whoever starts both waits only so long for them to meet. */
const MEET_CORE_MS = 2_000

const EXPECTED_FAILURES = ['ConfigError', 'AgentStartError', 'ContainerdUnusableError']

await main()

async function main(): Promise<void> {
  try {
    await serve()
  } catch (error) {
    const isExpected = error instanceof Error && EXPECTED_FAILURES.includes(error.name)
    console.error(isExpected ? `fornax agent: ${error.message}` : error)
    process.exitCode = 1
  }
  if (process.connected) process.disconnect()
}

async function serve(): Promise<void> {
  lowerV8Threads()
  const stopped = Promise.race([
    once(process, 'SIGTERM').then(() => 'agent' as const),
    // A terminal and npm may both deliver the same Ctrl-C: the second must not cut the end short.
    new Promise<'pods'>((resolve) => process.on('SIGINT', () => resolve('pods'))),
    ...(process.connected ? [once(process, 'disconnect').then(() => 'agent' as const), stopRequested()] : []),
  ])
  const config = readConfig(process.env)
  const log = createLog('agent', config.logLevel)
  await using agent = await startAgent(config, { clock: systemClock, log })
  const met = new AbortController()
  await Promise.race([agent.accepted, sleep(systemClock, MEET_CORE_MS, met.signal).catch(() => undefined), stopped])
  met.abort()
  log.info({ nodeName: agent.nodeName, ledgerId: agent.ledgerId }, 'the agent is ready')
  process.send?.({ type: 'ready' })
  if ((await stopped) === 'pods') await agent.stopPods(STOP_GRACE_MS)
  log.info('the agent has stopped')
}

function stopRequested(): Promise<'pods' | 'agent'> {
  return new Promise((resolve) => {
    process.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'stop') return
      resolve('pods' in message && message.pods === 'end' ? 'pods' : 'agent')
    })
  })
}
