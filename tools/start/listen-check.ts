/** Looks whether the asked ports are free before anything starts, so that nothing is half started. */
import { createServer } from 'node:net'
import { SETTINGS } from '@fornax/settings/setting-definitions'
import type { Settings } from '@fornax/settings/settings'

const PORTS = ['consolePort', 'apiPort', 'nodeLinkPort'] as const

/** One message for each port that cannot be had. */
export async function portProblems(settings: Settings): Promise<readonly string[]> {
  const asked = PORTS.filter((field) => settings[field] !== 0 && (field !== 'consolePort' || settings.isConsoleOn))
  const problems = await Promise.all(
    asked.map(async (field, position) => {
      const earlier = asked.slice(0, position).find((other) => settings[other] === settings[field])
      const names = { name: SETTINGS[field].name, port: settings[field], host: settings.host }
      if (earlier !== undefined)
        return `${names.name} and ${SETTINGS[earlier].name} are both ${names.port}; give them two ports.`
      return describe(await tryToListen(settings.host, settings[field]), names)
    }),
  )
  return problems.filter((problem) => problem !== null)
}

type Names = { readonly name: string; readonly port: number; readonly host: string }

function describe(code: string | null, { name, port, host }: Names): string | null {
  if (code === null) return null
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that, or choose another with ${name} (0 takes any free one).`
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Choose one above 1023 with ${name}.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${host}. Choose one of its addresses with FORNAX_HOST.`
  return `Cannot listen on ${host}:${port} (${code}). Choose another port with ${name}, or another address with FORNAX_HOST.`
}

/** The code of what went wrong; null when the port can be had. */
function tryToListen(host: string, port: number): Promise<string | null> {
  const server = createServer()
  return new Promise((done) => {
    server.once('error', (error) => done('code' in error ? String(error.code) : error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(null)))
  })
}
