/** The story of `npm start`, from top to bottom. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@fornax/kernel/clock'
import { describeProblems, readSettings, type Settings } from '@fornax/settings/settings'
import { ensureTokenFile, type TokenFileResult } from '@fornax/settings/token-file'
import { buildConsole, generateCode } from '../setup/prepare.ts'
import { openDataFolder, type DataFolder } from './data-folder.ts'
import { ensureExample } from './example-application.ts'
import { portProblems } from './listen-check.ts'
import { PROGRAMS, type PartPrograms } from './part-process.ts'
import { Supervisor } from './supervisor.ts'
import { welcome } from './welcome.ts'

export type StartPorts = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly root: string
  readonly clock: Clock
  readonly say: (line: string) => void
  readonly complain: (line: string) => void
  /** Aborts when everything is to end. */
  readonly stop: AbortSignal
  /** Hands out what ends the parts without patience. */
  readonly onKillable: (kill: () => void) => void
  /** Other parts than the real ones, already prepared. */
  readonly programs?: PartPrograms
}

/** Resolves with the exit code when everything has ended. */
export async function startFornax(ports: StartPorts): Promise<number> {
  const refuse = (message: string): number => {
    ports.complain(message)
    return 1
  }
  const read = readSettings(ports.env)
  if (read.kind === 'invalid') return refuse(describeProblems(read.problems))
  const opened = openDataFolder(read.settings.dataDir)
  if (opened.kind === 'refused') return refuse(opened.message)
  using folder = opened.folder
  try {
    const outcome = await runIn(folder, read.settings, ports)
    return outcome === null ? 0 : refuse(outcome)
  } catch (error) {
    const isDisk = error instanceof Error && 'code' in error && DISK_TROUBLE.includes(String(error.code))
    if (!isDisk) throw error
    return refuse(`The data folder ${folder.path} cannot be written: ${error.message}\nFornax did not start.`)
  }
}

const DISK_TROUBLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO']

/** Null when it ended because it was asked to, else what went wrong. */
async function runIn(folder: DataFolder, settings: Settings, ports: StartPorts): Promise<string | null> {
  const { stop, say, root, env, clock } = ports
  const joinToken = ensureTokenFile(settings.joinTokenFile, null)
  if (joinToken.kind === 'unusable') return joinToken.message
  const adminToken = ensureTokenFile(settings.tokenFile, settings.adminToken)
  if (adminToken.kind === 'unusable') return adminToken.message
  using newToken = forgottenUnlessShown(settings.tokenFile, adminToken)

  const programs = ports.programs ?? PROGRAMS
  await using supervisor = new Supervisor({ settings, folder, programs, root, env, clock, say })
  ports.onKillable(() => supervisor.kill())
  await supervisor.endLeftovers()
  const taken = await portProblems(settings)
  if (taken.length > 0) return taken.join('\n')

  const prepared = await prepare(settings, ports)
  if (stop.aborted) return null
  if (prepared !== null) return prepared

  say('Starting Fornax …')
  const ended = Promise.race([supervisor.gaveUp, abortOf(stop)])
  const up = await Promise.race([supervisor.start(), ended.then((gaveUp) => ({ kind: 'ended', gaveUp }) as const)])
  if (up.kind === 'failed') return `${up.message}\nFornax did not start.`
  if (up.kind === 'ended') return farewell(up.gaveUp, say)
  const example = await ensureExample({ url: up.ready.api, token: adminToken.token, signal: stop }, root)
  if (stop.aborted) return farewell(null, say)
  folder.writeReady(up.ready)
  say(welcome({ ready: up.ready, settings, adminToken, example, logs: join(folder.path, 'logs') }))
  newToken.isShown = true

  const gaveUp = await ended
  folder.removeReady()
  return farewell(gaveUp, say)
}

/** A token that nobody was shown is made anew at the next start, which then shows it. */
function forgottenUnlessShown(path: string, token: TokenFileResult): Disposable & { isShown: boolean } {
  return {
    isShown: token.kind !== 'made',
    [Symbol.dispose]() {
      if (!this.isShown) rmSync(path, { force: true })
    },
  }
}

/** Generated code and the console, as far as they are wanted. Null when they are there. */
async function prepare(settings: Settings, { programs, stop }: StartPorts): Promise<string | null> {
  if (programs !== undefined) return null
  const prepared = await (settings.isConsoleOn ? buildConsole(stop) : generateCode(stop))
  return prepared.kind === 'ready' ? null : prepared.message
}

/** What is told at the end: why, when nobody asked for it. */
function farewell(gaveUp: string | null, say: (line: string) => void): string | null {
  if (gaveUp === null) say('Stopping Fornax, pods too …')
  return gaveUp === null ? null : `${gaveUp}\nFornax stops everything, pods too.`
}

function abortOf(signal: AbortSignal): Promise<null> {
  return new Promise((done) => {
    if (signal.aborted) done(null)
    else signal.addEventListener('abort', () => done(null), { once: true })
  })
}
