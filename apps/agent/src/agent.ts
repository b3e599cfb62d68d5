/** The composition root: builds the agent's rooms and wires them. */
import { availableParallelism, cpus } from 'node:os'
import { systemStopwatch, type Clock, type Stopwatch } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Random } from '@fornax/kernel/random'
import type { NodeCommand } from '@fornax/node-model/node-command'
import type { NodeResources } from './config.ts'
import { CoreLink } from './corelink/core-link.ts'
import type { CoreSessionWorld } from './corelink/core-session.ts'
import type { OpenCoreStream } from './corelink/core-stream.ts'
import type { NodeIntroduction } from './corelink/node-introduction.ts'
import type { Ledger } from './ledger/ledger.ts'
import { NodeRecord } from './ledger/node-record.ts'
import { PodLogs } from './logs/pod-logs.ts'
import { ImagePreloads } from './pods/image-preloads.ts'
import { NodeWorkload } from './pods/node-workload.ts'
import { DozeRound } from './pods/pod-doze.ts'
import { ReclaimQueue } from './pods/pod-sleeper.ts'
import type { PodWorld } from './pods/pod-world.ts'
import { StartGate, type CpuMeter } from './pods/start-gate.ts'
import { createMachinePortBlocks, UNSHARED_PORT_BLOCKS } from './ports/port-blocks.ts'
import { HOST_PORTS, PortPool } from './ports/port-pool.ts'
import type { Runtime } from './runtime/runtime.ts'
import { NO_SESSION_PLACES, SessionFolders, type SessionPlaces } from './sessions/session-folders.ts'
import { PressureWatch, type PressureWatchOptions } from './telemetry/pressure-watch.ts'
import { machineGauge, UsageMeter } from './telemetry/usage-meter.ts'

/** Everything an agent is made of; nothing here says how the world is reached. */
export type AgentParts = {
  /** Of the core, for the log. */
  readonly coreAddress: string
  readonly openStream: OpenCoreStream
  /** What the streams stand on; the agent takes it over, and disposes of it at its end. */
  readonly identity?: AsyncDisposable
  readonly nodeName: string
  /** Ledger, pods and sockets. Nothing is made in it when the ledger is given and no runtime has processes. */
  readonly dataDir: string
  /** The agent takes them over, and disposes of them at its end. */
  readonly runtimes: readonly Runtime[]
  readonly clock: Clock
  /** Default: that of this machine. */
  readonly stopwatch?: Stopwatch
  readonly log: Log
  readonly resources: NodeResources
  /** Default: 127.0.0.1. */
  readonly address?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: NodeIntroduction['taints']
  /** The agent takes it over, and disposes of it at its end. */
  readonly ledger: Ledger
  readonly random: Random
  /** Default: sockets in `dataDir`. */
  readonly sessionPlaces?: SessionPlaces
  /** What is free on the machine, and how little is too little. Default: nobody looks. */
  readonly pressure?: Pick<PressureWatchOptions, 'gauge' | 'limits'>
  /** Told of each command that is about to be carried out: for simulations. */
  readonly commandObeyed?: (command: NodeCommand) => void
}

export type Agent = AsyncDisposable & {
  readonly nodeName: string
  readonly ledgerId: string
  /** Settles when a core has accepted the node for the first time. */
  readonly accepted: Promise<void>
  /** Ends all pods, and forgets them: for an orderly end of the whole node. */
  stopPods(graceMs: number): Promise<void>
}

const AGENT_VERSION = '0.1.0'
/** More at a time would start no more in all, and each of them later. */
const STARTS_PER_CPU = 2
const SIMULATED_TAINT = { key: 'fornax/simulated', value: '', effect: 'NoSchedule' }

/** Puts an agent together: it first looks after what is there, then connects with its core. */
export async function assembleAgent(options: AgentParts): Promise<Agent> {
  await using parts = new AsyncDisposableStack()
  const { clock, log, runtimes, nodeName, dataDir } = options
  if (options.identity !== undefined) parts.use(options.identity)
  for (const runtime of runtimes) parts.use(runtime)
  const ledger = parts.use(options.ledger)
  const contents = ledger.load()
  const isReal = runtimes.some((runtime) => runtime.hasProcesses)
  const blocks = parts.use(isReal ? createMachinePortBlocks() : UNSHARED_PORT_BLOCKS)
  const logs = parts.use(new PodLogs({ clock, log }))
  const record = new NodeRecord(ledger, clock, contents.revision)
  parts.defer(() => record.close())
  const ports = new PortPool({ range: HOST_PORTS, clock, blocks, put: (change) => record.put(change) }, contents)
  // The gauge is of the whole machine, also where this process may use a part of it only.
  const cpu: CpuMeter = { cores: cpus().length, usedMs: () => (isReal ? machineGauge().cpuMs : 0) }
  const gate = new StartGate(clock, isReal ? STARTS_PER_CPU * availableParallelism() : Number.POSITIVE_INFINITY, cpu)
  const meetsApplications = runtimes.some((runtime) => runtime.hasSessionService)
  const folders = options.sessionPlaces ?? (meetsApplications ? new SessionFolders(dataDir) : NO_SESSION_PLACES)
  const rest = {
    reclaims: new ReclaimQueue(),
    dozes: new DozeRound(clock),
    stopwatch: options.stopwatch ?? systemStopwatch,
  }
  const podWorld: PodWorld = { clock, log, record, ports, logs, gate, ...rest, folders, dataDir }
  const workload: NodeWorkload = new NodeWorkload(podWorld, runtimes, () => link.connectedSinceMs)
  parts.defer(() => workload.letGo())
  const usage = new UsageMeter(runtimes, clock, isReal ? machineGauge : null)
  const marks = { list: contents.epochMarks }
  const images = new ImagePreloads(runtimes, log)
  const pressure = pressureWatch(options, () => workload.wantedImages())
  const apply = (command: NodeCommand): void => {
    options.commandObeyed?.(command)
    workload.apply(command)
  }
  const obeying = { state: () => workload.state(), apply }
  const linkWorld: CoreSessionWorld = { clock, log, record, workload: obeying, logs, usage, marks, images, pressure }
  const link: CoreLink = parts.use(new CoreLink(linkOptions(options, contents.ledgerId), linkWorld))
  parts.defer(() => record.flush())
  await ports.claimTaken()
  await workload.recover(contents)
  link.start()
  const owned = parts.move()
  return {
    nodeName,
    ledgerId: contents.ledgerId,
    accepted: link.accepted,
    stopPods: (graceMs) => workload.stopAll(graceMs),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Without a gauge nothing is ever short, as on a simulated machine. */
function pressureWatch({ pressure, runtimes, log }: AgentParts, wanted: () => ReadonlySet<string>): PressureWatch {
  const unknown = { memory: null, disk: null, pids: null }
  const limits = { memory: 0, disk: 0, pids: 0 }
  const makeRoom = async (): Promise<void> => {
    for (const runtime of runtimes) {
      if (runtime.collectImages === undefined) continue
      await runtime.collectImages(wanted()).catch((error: unknown) => {
        log.warn({ err: error }, 'images that nobody uses could not be removed')
      })
      return // All runtimes of a containerd share their images.
    }
  }
  return new PressureWatch({ gauge: () => Promise.resolve(unknown), limits, ...pressure, makeRoom, log })
}

function linkOptions(options: AgentParts, ledgerId: string): ConstructorParameters<typeof CoreLink>[0] {
  const { nodeName, resources, runtimes, labels = {}, taints = [], address = '127.0.0.1' } = options
  const isSimulated = runtimes.some((runtime) => runtime.isolation === 'simulated')
  const introduction: NodeIntroduction = {
    name: nodeName,
    ledgerId,
    agentVersion: AGENT_VERSION,
    resources,
    runtimes: runtimes.map(({ name, isolation }) => ({ name, isolation })),
    labels,
    taints: isSimulated ? [...taints, SIMULATED_TAINT] : taints,
    address,
  }
  const { coreAddress, openStream, random } = options
  return { coreAddress, openStream, introduction, random }
}
