/** The agent as a program: its ledger is a file, its core is reached over gRPC. */
import { mkdirSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { Log } from '@fornax/kernel/log'
import { seededRandom, type Random } from '@fornax/kernel/random'
import { assembleAgent, type Agent, type AgentParts } from './agent.ts'
import type { AgentConfig } from './config.ts'
import { openGrpcStream } from './corelink/grpc-stream.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openSqliteLedger } from './ledger/sqlite-ledger.ts'
import type { Runtime } from './runtime/runtime.ts'
import { machineFree } from './telemetry/pressure-watch.ts'
import { openRuntimes, removeRetiredPods } from './runtime/open-runtimes.ts'

export type AgentOptions = Omit<AgentParts, 'ledger' | 'random' | 'openStream'> & {
  /** As `host:port`. */
  readonly coreAddress: string
  /** Default: SQLite in `dataDir`. */
  readonly ledger?: Ledger
  readonly random?: Random
}

/** What keeps the agent from starting, in words for whoever starts it. */
export class AgentStartError extends Error {
  override readonly name = 'AgentStartError'
}

/** The agent of a configuration. */
export async function startAgent(config: AgentConfig, world: Pick<AgentOptions, 'clock' | 'log'>): Promise<Agent> {
  const { dataDir, address: host, path, hiddenFolders, containerdSocket, sandboxStockMax } = config
  // The ledger comes first: two agents on one folder must not even look at the pods.
  const ledger = openLedger(dataDir, world.log)
  try {
    const runtimesWorld = { ...world, dataDir, host, path, hiddenFolders, containerdSocket, sandboxStockMax }
    await using opened = new AsyncDisposableStack()
    const runtimes = await openRuntimes(config.runtime, runtimesWorld)
    for (const runtime of runtimes) opened.use(runtime)
    await removeRetiredPods(runtimes, runtimesWorld)
    opened.move() // Whatever comes of it, the agent disposes of them.
    const { leastFree: limits } = config
    const pressure = { gauge: machineFree(() => foldersOf(dataDir, runtimes)), limits }
    return await createAgent({ ...config, ...world, runtimes, ledger, pressure })
  } catch (error) {
    ledger[Symbol.dispose]()
    throw error
  }
}

/** Starts an agent: it first looks after what is there, then connects with its core. */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { coreAddress, dataDir, log } = options
  return assembleAgent({
    ...options,
    ledger: options.ledger ?? openLedger(dataDir, log),
    random: options.random ?? seededRandom(randomInt(1, 2 ** 31)),
    openStream: (listener) => openGrpcStream(coreAddress, listener),
  })
}

/** Where the disk may become short: of the agent's data, and of images. */
async function foldersOf(dataDir: string, runtimes: readonly Runtime[]): Promise<readonly string[]> {
  const withImages = runtimes.find((runtime) => runtime.imageFolder !== undefined)
  // While containerd is away, nothing new comes onto its disk.
  const images = await withImages?.imageFolder?.().catch(() => null)
  return images ? [dataDir, images] : [dataDir]
}

function openLedger(dataDir: string, log: Log): Ledger {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new AgentStartError(`the folder ${dataDir} cannot be made; check its rights, or set FORNAX_DATA_DIR`, {
      cause,
    })
  }
  const result = openSqliteLedger(join(dataDir, 'ledger.db'))
  if (result.kind === 'refused') throw new AgentStartError(result.problem)
  if (result.kind === 'replaced')
    log.error({ why: result.why, keptAs: result.keptAs }, 'the ledger is broken: this is a new node, and old pods go')
  return result.ledger
}
