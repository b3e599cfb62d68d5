/**
 * Placement decisions, with the scheduler of the core and nothing around it, in a process of their own. A decision
 * chooses a node and books it, as the fleet does; the oldest pod goes for each new one once the nodes are half full.
 */
import { SPEC_DEFAULTS, type VersionSpec } from '@fornax/core/applications/application'
import { NodeGroups } from '@fornax/core/scheduler/node-groups'
import { seededRandom, type Random } from '@fornax/kernel/random'
import { LatencyHistogram } from '../measure/latency.ts'
import { answerOnce } from './answer.ts'

const MIB = 1_024 * 1_024
/** The reference's simulated machine. */
const CAPACITY = { cpuMillis: 12_000, memoryBytes: 65_536 * MIB, pods: 1_000 }
const SIZES = [
  { cpuMillis: 20, memoryBytes: 64 * MIB },
  { cpuMillis: 50, memoryBytes: 128 * MIB },
  { cpuMillis: 100, memoryBytes: 512 * MIB },
  { cpuMillis: 250, memoryBytes: 1_024 * MIB },
  { cpuMillis: 500, memoryBytes: 2_048 * MIB },
]
const APPLICATIONS = 67
const SEED = 20_241
/** Of all sizes together, so many fill half of a node. */
const PODS_PER_NODE = 30
const WARM_UP = 20_000
/** Decisions that share one look at the clock, whose price would be part of the answer. */
const GROUP = 16
const US_PER_MS = 1_000
const MS_PER_SECOND = 1_000

type Version = { readonly id: string; readonly applicationId: string; readonly spec: VersionSpec }
type Placed = { readonly nodeName: string; readonly version: Version }

answerOnce((args) => {
  const [nodes = 0, decisions = 0] = args.map(Number)
  const fleet = new Placements(nodes)
  fleet.run(Math.max(WARM_UP, nodes * PODS_PER_NODE))
  const histogram = new LatencyHistogram()
  const startMs = performance.now()
  let atMs = startMs
  for (let made = 0; made < decisions; made += GROUP) {
    fleet.run(GROUP)
    const nowMs = performance.now()
    // In thousandths of a microsecond, so that a histogram of microseconds can hold it.
    histogram.record(((nowMs - atMs) * US_PER_MS) / GROUP)
    atMs = nowMs
  }
  const seconds = (performance.now() - startMs) / MS_PER_SECOND
  return Promise.resolve({
    operations: decisions,
    seconds,
    refused: fleet.refused,
    us: histogram.summary(),
    ...fleet.placeOnly(decisions),
  })
})

class Placements {
  refused = 0
  readonly #groups: NodeGroups
  readonly #random: Random = seededRandom(SEED)
  readonly #versions: readonly Version[]
  /** A ring: the oldest pod goes when the next one comes. */
  readonly #placed: (Placed | null)[]
  #next = 0

  constructor(nodes: number) {
    this.#groups = new NodeGroups(seededRandom(SEED))
    for (let number = 1; number <= nodes; number += 1) {
      const nodeName = `node-${number}`
      this.#groups.join({
        nodeName,
        capacity: CAPACITY,
        runtimes: [{ name: 'simulated', isolation: 'simulated' }],
        taints: [],
      })
      this.#groups.setOpen(nodeName, true)
    }
    this.#versions = Array.from({ length: APPLICATIONS }, (_, index) => version(index))
    this.#placed = Array.from({ length: nodes * PODS_PER_NODE }, () => null)
  }

  run(count: number): void {
    for (let made = 0; made < count; made += 1) this.#decide()
  }

  /** The choice alone, nothing booked. */
  placeOnly(count: number): { readonly placeUs: number } {
    const startMs = performance.now()
    for (let made = 0; made < count; made += 1) {
      const { id, spec, applicationId } = this.#anyVersion()
      this.#groups.place(spec, id, applicationId)
    }
    return { placeUs: ((performance.now() - startMs) * US_PER_MS) / count }
  }

  #decide(): void {
    const at = this.#next % this.#placed.length
    this.#next += 1
    const oldest = this.#placed[at]
    if (oldest) this.#groups.release(oldest.nodeName, oldest.version.spec, oldest.version.applicationId)
    const chosen = this.#anyVersion()
    const nodeName = this.#groups.place(chosen.spec, chosen.id, chosen.applicationId)
    if (nodeName === null) {
      this.refused += 1
      this.#placed[at] = null
      return
    }
    this.#groups.book(nodeName, chosen.spec, chosen.applicationId)
    this.#groups.learnVersion(nodeName, chosen.id)
    this.#placed[at] = { nodeName, version: chosen }
  }

  #anyVersion(): Version {
    const chosen = this.#versions[this.#random.nextInt(APPLICATIONS)]
    if (chosen === undefined) throw new Error('there are versions')
    return chosen
  }
}

function version(index: number): Version {
  const size = SIZES[index % SIZES.length] ?? { cpuMillis: 1, memoryBytes: MIB }
  const spec: VersionSpec = {
    ...size,
    image: 'simulated',
    command: [],
    args: [],
    env: {},
    workingDirectory: null,
    ports: [],
    readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000 },
    sessionsPerPod: 1,
    usesSessionService: false,
    runtimeClass: null,
    minIsolation: 'none',
    ...SPEC_DEFAULTS,
    toleratesSimulated: false,
  }
  return { id: `version-${index}`, applicationId: `application-${index}`, spec }
}
