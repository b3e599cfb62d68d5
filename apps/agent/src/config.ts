/** The agent's settings, read once. The only file of the agent that looks at the environment. */
import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { describeProblems, readSettings, type Settings } from '@fornax/settings/settings'

export type AgentConfig = {
  readonly nodeName: string
  readonly coreAddress: string
  /** Read anew at each attempt to join. Throws with what to do when it cannot be read. */
  readonly joinToken: () => string
  /** The authority that a join token without a pin trusts, as PEM; null while there is none. */
  readonly authority: () => string | null
  /** Of this agent alone: ledger, pods, sockets. */
  readonly dataDir: string
  /** What no pod may see: everything of Fornax on this machine. */
  readonly hiddenFolders: readonly string[]
  readonly runtime: 'auto' | 'bubblewrap' | 'process' | 'simulated' | 'containerd'
  /** Null: there are no containers. */
  readonly containerdSocket: string | null
  /** Where clients of this node's sessions reach it. */
  readonly address: string
  /** Where pods look for commands. */
  readonly path: string
  readonly resources: NodeResources
  /** The shares, from 0 to 1, of which less free is too little for new pods. */
  readonly leastFree: { readonly memory: number; readonly disk: number; readonly pids: number }
  /** How many sandboxes each runtime keeps ready at most. */
  readonly sandboxStockMax: number
  readonly logLevel: string
}

/** What the node has to give. */
export type NodeResources = { readonly cpuMillis: number; readonly memoryBytes: number; readonly pods: number }

/** What is wrong with the settings, in words for whoever starts the agent. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const PODS_MAX = 1_000
const AUTHORITY_FILE = 'node-ca.pem'
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Throws a `ConfigError` that says what to do. */
export function readConfig(env: NodeJS.ProcessEnv): AgentConfig {
  const result = readSettings(env)
  if (result.kind === 'invalid') throw new ConfigError(describeProblems(result.problems))
  const { settings } = result
  refuseUnreadable(settings.joinTokenFile)
  if (settings.runtime === 'containerd' && settings.containerdSocket === null)
    throw new ConfigError('FORNAX_RUNTIME is containerd: say in FORNAX_CONTAINERD_SOCKET where its socket is')
  return {
    nodeName: settings.nodeName,
    coreAddress: settings.coreAddress,
    joinToken: () => readToken(settings.joinTokenFile),
    authority: () => readFirst(authorityFiles(settings)),
    dataDir: join(settings.dataDir, 'agent'),
    hiddenFolders: [settings.dataDir, dirname(settings.joinTokenFile)],
    runtime: settings.runtime,
    containerdSocket: settings.containerdSocket,
    address: isEveryAddress(settings.host) ? '127.0.0.1' : settings.host,
    path: env['PATH'] ?? DEFAULT_PATH,
    resources: resourcesOfMachine(),
    leastFree: {
      memory: settings.leastFreeMemoryPercent / 100,
      disk: settings.leastFreeDiskPercent / 100,
      pids: settings.leastFreePidsPercent / 100,
    },
    sandboxStockMax: settings.sandboxStockMax,
    logLevel: settings.logLevel,
  }
}

/** Where a core on this machine, or whoever copied its token, leaves whom to trust. */
function authorityFiles({ coreCaFile, joinTokenFile, dataDir }: Settings): readonly string[] {
  if (coreCaFile !== null) return [coreCaFile]
  return [join(dirname(joinTokenFile), AUTHORITY_FILE), join(dataDir, AUTHORITY_FILE)]
}

function readFirst(files: readonly string[]): string | null {
  for (const file of files)
    try {
      return readFileSync(file, 'utf8')
    } catch {
      // It may be in the next one, or come later.
    }
  return null
}

/** A token that is not there yet may come; one that this user may not read will not. */
function refuseUnreadable(file: string): void {
  try {
    readFileSync(file)
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (!isMissing) throw new ConfigError(tokenProblem(file), { cause })
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new Error(tokenProblem(file), { cause })
  }
}

function tokenProblem(file: string): string {
  return `the join token cannot be read from ${file}: make the file readable to this user, or set FORNAX_JOIN_TOKEN_FILE; the core's machine has it`
}

/** Less than the machine has, where a control group allows us less. */
function resourcesOfMachine(): NodeResources {
  const allowed = process.constrainedMemory()
  const memoryBytes = allowed > 0 ? Math.min(totalmem(), allowed) : totalmem()
  return { cpuMillis: availableParallelism() * 1_000, memoryBytes, pods: PODS_MAX }
}

function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
