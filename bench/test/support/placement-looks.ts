/** How often a placement decision compares what a pod needs with what somebody has: counted by the pod itself. */
import { SPEC_DEFAULTS, type VersionSpec } from '@fornax/core/applications/application'
import { NodeGroups } from '@fornax/core/scheduler/node-groups'
import { seededRandom } from '@fornax/kernel/random'

const DECISIONS = 200
const NODES_WITH_ROOM = 3
const CAPACITY = { cpuMillis: 12_000, memoryBytes: 2 ** 36, pods: 1_000 }

/** For each decision, in a fleet of so many nodes that are nearly full but for a few. */
export function countLooks(nodes: number): number {
  const groups = new NodeGroups(seededRandom(nodes))
  const large = spec(CAPACITY.cpuMillis, () => undefined)
  for (let number = 0; number < nodes; number += 1) {
    const nodeName = `node-${number}`
    groups.join({ nodeName, capacity: CAPACITY, runtimes: [{ name: 'simulated', isolation: 'simulated' }], taints: [] })
    groups.setOpen(nodeName, true)
    // Whoever looks for room by trying one node after the other has far to go.
    if (number >= NODES_WITH_ROOM) groups.book(nodeName, large, 'application-1')
  }
  let looks = 0
  const small = spec(10, () => {
    looks += 1
  })
  for (let made = 0; made < DECISIONS; made += 1) {
    const nodeName = groups.place(small, 'version-1', 'application-2')
    if (nodeName === null) throw new Error('there is room')
  }
  return looks / DECISIONS
}

/** A version that notices who asks what it needs. */
function spec(cpuMillis: number, asked: () => void): VersionSpec {
  return {
    image: 'simulated',
    command: [],
    args: [],
    env: {},
    workingDirectory: null,
    ports: [],
    get cpuMillis() {
      asked()
      return cpuMillis
    },
    memoryBytes: 2 ** 24,
    readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000 },
    sessionsPerPod: 1,
    usesSessionService: false,
    runtimeClass: null,
    minIsolation: 'none',
    ...SPEC_DEFAULTS,
    toleratesSimulated: false,
  }
}
