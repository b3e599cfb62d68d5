/** The core's numbers for Prometheus. Labels are few and bounded: never an id, never a name that clients choose. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { HIBERNATION_DEPTHS, type Pod, type PodHibernation, type StartPhases } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'

/** What is read from the fleet when the numbers are asked for. */
export type Gauges = {
  readonly nodesByPhase: () => Readonly<Record<string, number>>
  /** Nodes that are short of something, by what. */
  readonly nodesByCondition: () => Readonly<Record<string, number>>
  readonly podsByPhase: () => Readonly<Record<string, number>>
  readonly openSessions: () => number
  readonly waitingSessions: () => number
  /** Since the start. */
  readonly totals: () => Totals
}

/** What only ever grows, counted where it happens. */
export type Totals = {
  readonly changes: number
  readonly nodeFramesSent: number
  readonly nodeFramesReceived: number
  readonly sessionRows: number
  readonly sessionCommits: number
}

const NODES_CUT_OFF = {
  name: 'fornax_nodes_cut_off_total',
  help: 'Streams of nodes that the core ended, by the reason that it gave.',
  labelNames: ['code'] as const,
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #opened: Counter<'start'>
  readonly #closed: Counter<'reason'>
  readonly #rejected: Counter<'what'>
  readonly #violations: Counter<'invariant'>
  readonly #nodesCutOff: Counter<'code'>
  readonly #openSeconds: Histogram<'start'>
  readonly #podStartSeconds: Histogram<'step' | 'runtime'>
  readonly #sleeps: SleepMetrics

  constructor(gauges: Gauges) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#opened = new Counter({
      name: 'fornax_sessions_opened_total',
      help: 'Sessions that became available.',
      labelNames: ['start'],
      registers,
    })
    this.#closed = new Counter({
      name: 'fornax_sessions_closed_total',
      help: 'Sessions that closed, by their reason.',
      labelNames: ['reason'],
      registers,
    })
    this.#rejected = new Counter({
      name: 'fornax_impossible_events_total',
      help: 'Events that a state machine rejected: a bug in the core or in an agent.',
      labelNames: ['what'],
      registers,
    })
    this.#violations = new Counter({
      name: 'fornax_invariant_violations_total',
      help: 'Things found that must never happen, each time that they are found: a bug in the core or in an agent.',
      labelNames: ['invariant'],
      registers,
    })
    this.#nodesCutOff = new Counter({ ...NODES_CUT_OFF, registers })
    this.#openSeconds = new Histogram({
      name: 'fornax_session_open_seconds',
      help: 'From asking for a session until it was available.',
      labelNames: ['start'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
      registers,
    })
    this.#podStartSeconds = new Histogram({
      name: 'fornax_pod_start_seconds',
      help: 'Steps of the start of pods: wait, sandbox, create, start, ready. By the runtime that runs them.',
      labelNames: ['step', 'runtime'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
      registers,
    })
    this.#sleeps = new SleepMetrics(registers)
    byLabel(this.#registry, 'fornax_nodes', 'Nodes by phase.', gauges.nodesByPhase)
    byLabel(
      this.#registry,
      'fornax_nodes_under_pressure',
      'Nodes that take no pods, by what they are short of.',
      gauges.nodesByCondition,
      'condition',
    )
    byLabel(this.#registry, 'fornax_pods', 'Pods by phase.', gauges.podsByPhase)
    single(this.#registry, 'fornax_sessions_open', 'Sessions that are not closed.', gauges.openSessions)
    single(this.#registry, 'fornax_sessions_waiting', 'Sessions that wait for a pod.', gauges.waitingSessions)
    for (const [field, name, help] of TOTALS) total(this.#registry, name, help, () => gauges.totals()[field])
  }

  sessionAvailable(session: Session): void {
    const start = session.start ?? 'cold'
    this.#opened.inc({ start })
    this.#openSeconds.observe({ start }, ((session.availableAtMs ?? session.createdAtMs) - session.createdAtMs) / 1000)
  }

  podReady({ startPhases, runtime }: Pick<Pod, 'startPhases' | 'runtime'>): void {
    if (startPhases === null || runtime === null) return
    for (const [field, step] of START_STEPS)
      this.#podStartSeconds.observe({ step, runtime: labelOf(runtime) }, startPhases[field] / 1_000)
  }

  sessionClosed(session: Session): void {
    this.#closed.inc({ reason: session.closeReason ?? 'requested' })
  }

  podRested(hibernation: PodHibernation | null): void {
    this.#sleeps.rested(hibernation)
  }

  podWoke(wakeUs: number): void {
    this.#sleeps.woke(wakeUs)
  }

  podDidNotWake(): void {
    this.#sleeps.didNotWake()
  }

  nodeCutOff(code: string): void {
    this.#nodesCutOff.inc({ code })
  }

  rejected(what: string): void {
    this.#rejected.inc({ what })
  }

  violated(invariant: string, times: number): void {
    this.#violations.inc({ invariant }, times)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

const START_STEPS: readonly (readonly [keyof StartPhases, string])[] = [
  ['waitMs', 'wait'],
  ['sandboxMs', 'sandbox'],
  ['createMs', 'create'],
  ['startMs', 'start'],
  ['readyMs', 'ready'],
]

/** Handlers of containerd have names of their administrators' choice: together they are one label. */
function labelOf(runtime: string): string {
  return ['bubblewrap', 'process', 'containerd'].includes(runtime) ? runtime : 'other'
}

/** What pods gain by sleeping, and lose by waking. */
class SleepMetrics {
  readonly #rests: Counter<'depth'>
  readonly #wakes: Counter<'outcome'>
  readonly #wakeSeconds: Histogram
  readonly #keptRatio: Histogram<'depth'>

  constructor(registers: Registry[]) {
    this.#rests = new Counter({
      name: 'fornax_pod_hibernations_total',
      help: 'Pods that were put to sleep, or deeper, by depth; `none`: could not be put to sleep.',
      labelNames: ['depth'],
      registers,
    })
    this.#wakes = new Counter({
      name: 'fornax_pod_wakes_total',
      help: 'Pods that were woken, and pods that could not be.',
      labelNames: ['outcome'],
      registers,
    })
    this.#wakeSeconds = new Histogram({
      name: 'fornax_pod_wake_seconds',
      help: 'From the command to wake a pod until it ran again or, with the session service, said its first word.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3],
      registers,
    })
    this.#keptRatio = new Histogram({
      name: 'fornax_pod_hibernated_memory_ratio',
      help: 'Resident memory of a pod asleep, as a part of what it was before.',
      labelNames: ['depth'],
      buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1],
      registers,
    })
    for (const depth of HIBERNATION_DEPTHS) this.#rests.inc({ depth }, 0)
    for (const outcome of ['woken', 'failed']) this.#wakes.inc({ outcome }, 0)
  }

  rested(hibernation: PodHibernation | null): void {
    if (hibernation === null) return
    const { depth, residentBytesBefore: before, residentBytesAfter: after } = hibernation
    this.#rests.inc({ depth })
    if (before !== null && after !== null && before > 0) this.#keptRatio.observe({ depth }, after / before)
  }

  woke(wakeUs: number): void {
    this.#wakes.inc({ outcome: 'woken' })
    this.#wakeSeconds.observe(wakeUs / 1_000_000)
  }

  didNotWake(): void {
    this.#wakes.inc({ outcome: 'failed' })
  }
}

const TOTALS: readonly (readonly [keyof Totals, string, string])[] = [
  ['changes', 'fornax_changes_total', 'Changes of the fleet, as watches tell them.'],
  ['nodeFramesSent', 'fornax_node_frames_sent_total', 'Frames to nodes; one carries many commands.'],
  ['nodeFramesReceived', 'fornax_node_frames_received_total', 'Frames of nodes; one carries many reports.'],
  ['sessionRows', 'fornax_session_rows_total', 'Rows of sessions that were written.'],
  ['sessionCommits', 'fornax_session_commits_total', 'Commits that wrote them.'],
]

// oxlint-disable-next-line max-params -- one line for each number.
function byLabel(
  registry: Registry,
  name: string,
  help: string,
  read: () => Readonly<Record<string, number>>,
  label = 'phase',
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect: () => {
      gauge.reset()
      for (const [word, value] of Object.entries(read())) gauge.set({ [label]: word }, value)
    },
  })
}

function single(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
}

/** A counter that somebody else counts. */
function total(registry: Registry, name: string, help: string, read: () => number): void {
  const counter: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect: () => {
      counter.reset()
      counter.inc(read())
    },
  })
}
