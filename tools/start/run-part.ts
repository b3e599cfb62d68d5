/** `npm run core`, `agent` or `console`: one part alone, after preparing what it needs. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { systemClock } from '@fornax/kernel/clock'
import { readSettings } from '@fornax/settings/settings'
import { ensureTokenFile } from '@fornax/settings/token-file'
import { buildConsole, generateCode, ROOT } from '../setup/prepare.ts'
import { compileCache } from './part-environment.ts'
import { PROGRAMS, type PartName } from './part-process.ts'
import { StopRequest } from './stop-request.ts'

process.exitCode = await runPart(process.argv[2] ?? '')

async function runPart(name: string): Promise<number> {
  if (!isPart(name)) {
    console.error(`There is no part "${name}"; there are core, agent and console.`)
    return 1
  }
  const problem = name === 'core' ? tokenProblem() : null
  if (problem !== null) {
    console.error(problem)
    return 1
  }
  const prepared = await (name === 'console' ? buildConsole() : generateCode())
  if (prepared.kind === 'ready') return await run(name)
  console.error(prepared.message)
  return 1
}

/** The core does not start without its tokens; what is wrong with settings it says itself. */
function tokenProblem(): string | null {
  const read = readSettings(process.env)
  if (read.kind === 'invalid') return null
  const { tokenFile, joinTokenFile, adminToken } = read.settings
  const results = [ensureTokenFile(tokenFile, adminToken), ensureTokenFile(joinTokenFile, null)]
  return results.find((result) => result.kind === 'unusable')?.message ?? null
}

function isPart(name: string): name is PartName {
  return Object.hasOwn(PROGRAMS, name)
}

/** The part leads a group of its own, so that one Ctrl-C reaches it once; its output is this terminal's. */
function run(name: PartName): Promise<number> {
  const read = readSettings(process.env)
  const cache = read.kind === 'valid' ? compileCache(name, read.settings.dataDir) : {}
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...PROGRAMS[name]], {
    cwd: ROOT,
    env: { NODE_ENV: 'production', ...process.env, ...cache },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const request = new StopRequest({ clock: systemClock, onImpatient: () => child.kill('SIGKILL') })
  request.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  return new Promise((done) => {
    child.once('exit', (code, signal) => {
      request[Symbol.dispose]()
      if (process.connected) process.disconnect()
      done(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
