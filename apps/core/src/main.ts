/** Starts the core, and stops it when asked. */
import { once } from 'node:events'
import { systemClock } from '@fornax/kernel/clock'
import { lowerV8Threads } from '@fornax/kernel/v8-threads'
import { createLog } from '@fornax/kernel/log'
import { readConfig } from './config.ts'
import { createCore } from './core.ts'
import { isExpectedFailure } from './start-failure.ts'

await main()

async function main(): Promise<void> {
  try {
    await serve()
  } catch (error) {
    // What whoever starts the core can mend is said in one sentence; everything else with its stack.
    console.error(isExpectedFailure(error) ? `fornax core: ${error.message}` : error)
    process.exitCode = 1
  }
  if (process.connected) process.disconnect()
}

/** Until a signal comes, or whoever started the core is gone. A core that must begin anew does so on the same ports. */
async function serve(): Promise<void> {
  lowerV8Threads()
  let config = readConfig(process.env)
  const log = createLog('core', config.logLevel)
  const stopped = Promise.race([
    once(process, 'SIGTERM'),
    once(process, 'SIGINT'),
    ...(process.connected ? [once(process, 'disconnect'), stopRequested()] : []),
  ]).then(() => 'stopped' as const)
  for (let why = 'restart'; why !== 'stopped';) {
    await using core = await createCore({ config, clock: systemClock, log, rehearses: config.isProduction })
    const { apiUrl, nodeLink } = core
    config = { ...config, apiPort: Number(new URL(apiUrl).port), nodeLinkPort: Number(nodeLink.split(':').at(-1)) }
    log.info({ apiUrl, nodeLink }, 'the core is ready')
    process.send?.({ type: 'ready', api: apiUrl, nodeLink })
    why = await Promise.race([stopped, core.mustRestart.then(() => 'restart')])
  }
  log.info('the core has stopped')
}

/** `npm start` asks over its channel; what it says beside that is for agents. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop') resolve()
    })
  })
}
