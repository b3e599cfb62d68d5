/**
 * A part that does nothing but live and die as its arguments say: a name, then a
 * behaviour. It writes what happens to it into `fake-<name>.txt` of the data folder.
 */
import { appendFileSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const [name = '', behaviour = 'lives'] = process.argv.slice(2)
const dataDir = process.env['FORNAX_DATA_DIR'] ?? '.'
const note = (line: string): void => appendFileSync(join(dataDir, `fake-${name}.txt`), `${line}\n`)

process.on('disconnect', () => leave('disconnect'))
process.on('SIGTERM', () => behaviour !== 'stubborn' && leave('SIGTERM'))
process.on('SIGINT', () => note('SIGINT'))
process.on('message', (message) => behaviour !== 'stubborn' && leave(JSON.stringify(message)))

if (behaviour === 'fails') {
  console.error('the database is of a newer version')
  process.exitCode = 1
  process.disconnect()
} else await live()

async function live(): Promise<void> {
  const api = await serve(process.env['FORNAX_API_PORT'] ?? process.env['FORNAX_CONSOLE_PORT'])
  const link = await serve(process.env['FORNAX_NODELINK_PORT'])
  note(`pid ${process.pid} ports ${api} ${link} secrets ${process.env['FORNAX_ADMIN_TOKEN'] ?? 'none'}`)
  note(`compile cache ${process.env['NODE_COMPILE_CACHE'] ?? 'none'}`)
  console.log(JSON.stringify({ level: 30, msg: 'not worth a look' }))
  console.log(JSON.stringify({ level: 40, msg: 'worth a look', err: { message: 'because' } }))
  if (behaviour === 'silent') return
  const url = `http://127.0.0.1:${api}`
  const places = name === 'core' ? { api: url, nodeLink: `127.0.0.1:${link}` } : { console: url }
  process.send?.({ type: 'ready', ...(name === 'agent' ? {} : places) })
  const mayDie = behaviour === 'dies' || (behaviour === 'dies-once' && !existsSync(join(dataDir, 'died')))
  if (!mayDie) return
  appendFileSync(join(dataDir, 'died'), 'x')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20)
}

/** Answers every question with the same: the example is there already. */
async function serve(port: string | undefined): Promise<number> {
  const server = createServer((_request, response) => response.end('{"data":{"application":{"id":"app-1"}}}'))
  await new Promise<void>((done) => server.listen(Number(port ?? 0), '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

function leave(why: string): void {
  note(why)
  process.exit()
}
