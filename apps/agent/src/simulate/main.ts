/**
 * Runs simulated nodes against a core, until it is told to end. `fornax simulate` starts it for people, the bench for
 * its measurements; both speak to it over the channel that they started it with:
 *
 *   ◄ progress ×n ◄ ready      ► count ◄ counts      ► stop
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { systemClock } from '@fornax/kernel/clock'
import { lowerV8Threads } from '@fornax/kernel/v8-threads'
import { createLog } from '@fornax/kernel/log'
import { readConfig } from '../config.ts'
import { SimulatedNodes } from './simulated-nodes.ts'

/** The machine and the delays of the reference's own simulator, so that figures compare. */
const DEFAULTS = {
  nodes: '100',
  prefix: 'sim',
  'create-ms': '250',
  'stop-ms': '250',
  'session-ms': '3',
  'at-once': '5',
  'cpu-millis': '12000',
  'memory-mib': '65536',
  pods: '1000',
}

const BYTES_PER_MIB = 1_024 * 1_024

await main()

async function main(): Promise<void> {
  try {
    await serve()
  } catch (error) {
    const isExpected = error instanceof Error && error.name === 'ConfigError'
    console.error(isExpected ? `fornax simulate: ${error.message}` : error)
    process.exitCode = 1
  }
  if (process.connected) process.disconnect()
}

async function serve(): Promise<void> {
  lowerV8Threads()
  const stopped = Promise.race([
    once(process, 'SIGTERM').then(() => 'nodes' as const),
    // A terminal and npm may both deliver the same Ctrl-C: the second must not cut the end short.
    new Promise<'pods'>((resolve) => process.on('SIGINT', () => resolve('pods'))),
    ...(process.connected ? [once(process, 'disconnect').then(() => 'nodes' as const), stopRequested()] : []),
  ])
  await using nodes = new SimulatedNodes({
    ...optionsFrom(process.argv.slice(2)),
    clock: systemClock,
    onAccepted: (accepted) => tell({ type: 'progress', accepted }),
  })
  process.on('message', (message) => {
    if (isWord(message, 'count')) tell({ type: 'counts', ...nodes.counts() })
  })
  const joined = nodes.join().then(() => tell({ type: 'ready' }))
  const end = await Promise.race([stopped, joined.then(() => stopped)])
  if (end === 'pods') await nodes.stopPods()
}

function optionsFrom(
  args: readonly string[],
): Omit<ConstructorParameters<typeof SimulatedNodes>[0], 'clock' | 'onAccepted'> {
  const options = Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [name, { type: 'string' as const, default: value }]),
  )
  const { values } = parseArgs({ args: [...args], options, strict: true })
  const number = (name: keyof typeof DEFAULTS): number => Number(values[name])
  const { coreAddress, joinToken, authority, logLevel } = readConfig(process.env)
  const atOnce = number('at-once')
  return {
    count: number('nodes'),
    prefix: String(values['prefix']),
    coreAddress,
    joinToken,
    authority,
    resources: {
      cpuMillis: number('cpu-millis'),
      memoryBytes: number('memory-mib') * BYTES_PER_MIB,
      pods: number('pods'),
    },
    delays: {
      createMs: number('create-ms'),
      stopMs: number('stop-ms'),
      openMs: number('session-ms'),
      closeMs: number('session-ms'),
      sleepMs: 0,
      wakeMs: 0,
      atOnceMax: atOnce === 0 ? Number.POSITIVE_INFINITY : atOnce,
    },
    log: createLog('simulate', logLevel),
  }
}

function tell(message: object): void {
  if (process.connected) process.send?.(message)
}

function stopRequested(): Promise<'nodes' | 'pods'> {
  return new Promise((resolve) => {
    process.on('message', (message) => {
      if (isWord(message, 'stop')) resolve('pods' in message && message.pods === 'end' ? 'pods' : 'nodes')
    })
  })
}

function isWord(message: unknown, type: string): message is object {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type
}
