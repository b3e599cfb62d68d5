/** What the tests need of the machine, and installing it where that is allowed. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Clock } from '@fornax/kernel/clock'
import { runCommand } from './command.ts'

export type Tool = {
  readonly name: string
  /** The Debian package it comes in. */
  readonly debianPackage: string
  /** Programs, one of which must be there; a star stands for a version. */
  readonly programs: readonly string[]
  readonly usedFor: string
}

const TOOLS: readonly Tool[] = [
  { name: 'Chromium', debianPackage: 'chromium', programs: ['chromium'], usedFor: 'the browser tests' },
  { name: 'bubblewrap', debianPackage: 'bubblewrap', programs: ['bwrap'], usedFor: 'the bubblewrap runtime' },
  {
    name: 'PostgreSQL',
    debianPackage: 'postgresql',
    programs: ['/usr/lib/postgresql/*/bin/initdb', 'initdb'],
    usedFor: 'the store on PostgreSQL',
  },
  {
    name: 'nftables',
    debianPackage: 'nftables',
    programs: ['nft'],
    usedFor: 'endpoints of sandboxed pods, and broken networks',
  },
  {
    name: 'iproute2',
    debianPackage: 'iproute2',
    programs: ['ip'],
    usedFor: 'networks of sandboxed pods and of nodes that are cut off',
  },
  { name: 'containerd', debianPackage: 'containerd', programs: ['containerd'], usedFor: 'pods as containers' },
  { name: 'runc', debianPackage: 'runc', programs: ['runc'], usedFor: 'pods as containers' },
  {
    name: 'CNI plugins',
    debianPackage: 'containernetworking-plugins',
    programs: ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'],
    usedFor: 'networks of containers',
  },
  { name: 'BusyBox', debianPackage: 'busybox-static', programs: ['busybox'], usedFor: 'images of containers' },
  {
    name: 'conntrack',
    debianPackage: 'conntrack',
    programs: ['conntrack'],
    usedFor: 'cutting connections of closed sessions',
  },
]

/** Administrators' programs are not on everybody's path. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The environment with the system's folders on its path. */
export function withSystemPath(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return { ...env, PATH: [env['PATH'] ?? '', ...SYSTEM_FOLDERS].join(delimiter) }
}

/** The tools that are not here. */
export function missingTools(path: string): readonly Tool[] {
  return TOOLS.filter(({ programs }) => !programs.some((program) => isThere(program, path)))
}

function isThere(program: string, path: string): boolean {
  if (program.startsWith('/')) return globSync(program).length > 0
  return path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)))
}

type InstallPorts = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Installs what is missing where this user may; says what it does, and why it does not. */
export async function installTools(tools: readonly Tool[], ports: InstallPorts): Promise<void> {
  if (tools.length === 0) return
  const names = tools.map(({ name }) => name).join(', ')
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).error !== undefined) {
    ports.say(`Not installed here, and only root can change that with apt: ${names}.`)
    return
  }
  ports.say(`Installing ${names} …`)
  const without = withoutServer()
  try {
    if (!(await apt(['update'], ports))) return
    await apt(['install', '-y', '--no-install-recommends', ...tools.map((tool) => tool.debianPackage)], ports)
  } finally {
    without[Symbol.dispose]()
  }
}

const APT_TIMEOUT_MS = 10 * 60_000

async function apt(args: readonly string[], { env, clock, say, signal }: InstallPorts): Promise<boolean> {
  const command = {
    program: 'apt-get',
    args: ['-q', ...args],
    cwd: '/',
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: APT_TIMEOUT_MS,
    isInView: false,
  }
  const { isOk, output, tookMs } = await runCommand(command, clock, signal)
  const took = `${(tookMs / 1000).toFixed(0)} s`
  say(isOk ? `  apt-get ${args[0]}: done after ${took}` : `${output}\n  apt-get ${args[0]} failed after ${took}`)
  return isOk
}

/** Debian starts a database server with the package; the tests start their own and want no other. */
function withoutServer(): Disposable {
  const folder = '/etc/postgresql-common/createcluster.d'
  const file = join(folder, 'fornax-tests.conf')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'create_main_cluster = false\n')
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) }
}
