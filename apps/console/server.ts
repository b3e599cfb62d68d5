/** Starts the console, says where it is, and stops on a signal. */
import { createServer } from 'node:http'
import next from 'next'
import { createLog } from '@fornax/kernel/log'
import { readConfig } from './src/server/config.ts'
import { listen } from './src/server/console-server.ts'

const result = readConfig(process.env)
if (result.kind === 'invalid') {
  console.error(result.message)
  process.exitCode = 1
} else {
  const { config } = result
  const log = createLog('console', config.logLevel)
  // Next would listen for upgrades on our server; it gets one that never hears any.
  const app = next({ dev: false, dir: import.meta.dirname, httpServer: createServer(), quiet: true })
  await app.prepare()
  const renderPage = app.getRequestHandler()
  const server = await listen(config, (request, response) => renderPage(request, response), log)
  process.send?.({ type: 'ready', console: server.url })
  log.info({ console: server.url, api: config.apiUrl }, 'the console is ready')
  const reason = await untilStopped()
  log.info({ reason }, 'the console stops')
  await server[Symbol.asyncDispose]()
  await app.close()
  if (process.connected) process.disconnect()
}

/** A supervisor that is gone cannot stop us any more, so its end is a signal as well. */
function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
    process.once('disconnect', () => resolve('disconnect'))
  })
}
