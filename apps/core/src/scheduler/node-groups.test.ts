import { seededRandom } from '@fornax/kernel/random'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleSpec } from '../../test/support/samples.ts'
import { ISOLATIONS, type Isolation, type VersionSpec } from '../applications/application.ts'
import type { NodeResources } from '../nodes/node.ts'
import { NodeGroups, SIMULATED_TAINT, type Joining } from './node-groups.ts'

const LARGE = { cpuMillis: 100_000, memoryBytes: 100_000, pods: 1_000 }
const SMALL = { cpuMillis: 1_000, memoryBytes: 1_000, pods: 4 }

describe('a pod goes', () => {
  it('D2: only to a node that is open', () => {
    const groups = groupsOf([node('a')])
    expect(groups.place(spec(), 'v', 'app')).toBe('a')
    groups.setOpen('a', false)
    expect(groups.place(spec(), 'v', 'app')).toBeNull()
    groups.setOpen('a', true)
    groups.leave('a')
    expect(groups.place(spec(), 'v', 'app')).toBeNull()
  })

  it('D2: to no node of which nothing is known but its hello', () => {
    const groups = new NodeGroups(seededRandom(1))
    groups.join(node('a'))
    expect(groups.place(spec(), 'v', 'app')).toBeNull()
  })

  it.each([
    ['the best of the node', {}, 'bubblewrap', 'namespace', true],
    ['its runtime class', { runtimeClass: 'process' }, 'process', 'none', true],
    ['another runtime class', { runtimeClass: 'runsc' }, 'process', 'none', false],
    ['too little isolation', { minIsolation: 'namespace' }, 'process', 'none', false],
    ['enough isolation', { minIsolation: 'namespace' }, 'runc', 'container', true],
  ] as const)('D2: where it finds its runtime: %s', (_what, needs, name, isolation, fits) => {
    const groups = groupsOf([node('a', { runtimes: [{ name, isolation }] })])
    expect(groups.place(spec(needs), 'v', 'app')).toBe(fits ? 'a' : null)
  })

  it('D2: where one runtime has both the class and the isolation', () => {
    const runtimes = [offer('process', 'none'), offer('runsc', 'sandbox')]
    const groups = groupsOf([node('a', { runtimes })])
    expect(groups.place(spec({ runtimeClass: 'process', minIsolation: 'container' }), 'v', 'app')).toBeNull()
    expect(groups.place(spec({ runtimeClass: 'runsc', minIsolation: 'container' }), 'v', 'app')).toBe('a')
  })

  it('D3: to a simulated node if it tolerates that, and then to no other', () => {
    const taints = [{ key: SIMULATED_TAINT, value: '', effect: 'NoSchedule' }]
    const groups = groupsOf([node('real'), node('simulated', { taints })])
    for (let turn = 0; turn < 20; turn += 1) {
      expect(groups.place(spec(), 'v', 'app')).toBe('real')
      expect(groups.place(spec({ toleratesSimulated: true }), 'v', 'app')).toBe('simulated')
    }
  })

  it('to no node with a taint that nobody tolerates', () => {
    const taints = [{ key: 'gpu', value: '', effect: 'NoSchedule' }]
    expect(groupsOf([node('a', { taints })]).place(spec(), 'v', 'app')).toBeNull()
  })

  it('D5: where its version is, then where few of its application are', () => {
    const groups = groupsOf([node('a'), node('b')])
    groups.learnVersion('b', 'v')
    expect(places(groups, 30, { versionId: 'v' })).toEqual(new Set(['b']))
    groups.learnVersion('a', 'v')
    groups.book('b', spec(), 'app')
    expect(places(groups, 30, { versionId: 'v' })).toEqual(new Set(['a']))
  })
})

it('D5: a few pods of an application share a node, and then it is the turn of others', () => {
  const groups = groupsOf(Array.from({ length: 1_000 }, (_, i) => node(`node-${i}`, { capacity: LARGE })))
  const pods = new Map<string, number>()
  let beside: string | null = null
  for (let made = 0; made < 300; made += 1) {
    beside = groups.place(spec(), 'v', 'app', beside)
    if (beside === null) break
    groups.book(beside, spec(), 'app')
    groups.learnVersion(beside, 'v')
    pods.set(beside, (pods.get(beside) ?? 0) + 1)
  }
  expect(Math.max(...pods.values())).toBe(3)
  expect(pods.size).toBeLessThanOrEqual(110)
})

it.each([
  ['is full', (groups: NodeGroups) => groups.book('b', spec({ memoryBytes: 950 }), 'other')],
  ['is closed', (groups: NodeGroups) => groups.setOpen('b', false)],
  ['has gone', (groups: NodeGroups) => groups.leave('b')],
] as const)('D5: the node that the pod before got is left alone when it %s', (_why, change) => {
  const groups = groupsOf([node('a'), node('b')])
  groups.learnVersion('b', 'v')
  change(groups)
  expect(groups.place(spec(), 'v', 'app', 'b')).toBe('a')
})

describe('what is booked', () => {
  it('survives that its node connects again, with another size', () => {
    const groups = groupsOf([node('a')])
    groups.book('a', spec(), 'app')
    groups.join(node('a', { capacity: { ...SMALL, pods: 1 } }))
    groups.setOpen('a', true)
    expect(groups.booked('a')).toEqual({ cpuMillis: 100, memoryBytes: 100, pods: 1 })
    expect(groups.place(spec(), 'v', 'app')).toBeNull()
    groups.release('a', spec(), 'app')
    expect(groups.place(spec(), 'v', 'app')).toBe('a')
  })

  it('is nothing on a node that left', () => {
    const groups = groupsOf([node('a'), node('b')])
    groups.book('a', spec(), 'app')
    groups.leave('a')
    expect(groups.booked('a')).toEqual({ cpuMillis: 0, memoryBytes: 0, pods: 0 })
    groups.join(node('c')) // It may get the number that the other had, and nothing else of it.
    groups.setOpen('c', true)
    groups.book('b', spec(), 'app')
    expect(groups.place(spec(), 'v', 'app')).toBe('c')
  })
})

describe('what a node knows', () => {
  it('is asked once, and may be forgotten again', () => {
    const groups = groupsOf([node('a'), node('b')])
    expect([groups.learnVersion('a', 'v'), groups.learnVersion('a', 'v')]).toEqual([false, true])
    groups.forgetVersion('a', 'v')
    expect(groups.learnVersion('a', 'v')).toBe(false)
  })

  it('is forgotten everywhere', () => {
    const groups = groupsOf([node('a'), node('b'), node('c')])
    groups.learnVersion('a', 'v')
    groups.learnVersion('c', 'v')
    expect(groups.forgetEverywhere('v')).toEqual(['a', 'c'])
    expect(groups.forgetEverywhere('v')).toEqual([])
  })
})

it('D6: says why there is no room, of the nodes that may run it', () => {
  const groups = groupsOf([
    node('a', { capacity: { ...SMALL, cpuMillis: 50 } }),
    node('b', { capacity: { ...SMALL, pods: 0 } }),
    node('other', { runtimes: [offer('process', 'none')] }),
  ])
  const needs = spec({ minIsolation: 'namespace' })
  expect(groups.shortage(needs)).toEqual({ considered: 2, cpu: 1, memory: 0, pods: 1 })
})

it('D1, D4: never overbooks, and finds room if any admissible node has it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.array(anyNode(), { maxLength: 9 }), anySteps(), runModel),
    { numRuns: 300 },
  )
})

type Step = {
  readonly kind: 'place' | 'release' | 'open' | 'close' | 'rejoin'
  readonly which: number
  readonly spec: VersionSpec
}
type Pod = { readonly nodeName: string; readonly spec: VersionSpec }

function runModel(seed: number, nodes: readonly Joining[], steps: readonly Step[]): void {
  const named = nodes.map((one, i) => ({ ...one, nodeName: `node-${i}` }))
  const groups = new NodeGroups(seededRandom(seed))
  for (const one of named) groups.join(one)
  const open = new Set<string>()
  const pods: Pod[] = []
  for (const step of steps) {
    const at = named[step.which % Math.max(1, named.length)]
    if (step.kind === 'place') placeOne(step.spec)
    else if (step.kind === 'release') releaseOne(step.which)
    else if (at) change(step.kind, at)
    for (const one of named) expect(groups.booked(one.nodeName)).toEqual(bookedOn(one.nodeName))
  }

  function placeOne(needed: VersionSpec): void {
    const nodeName = groups.place(needed, 'v', 'app')
    const admissible = named.filter((one) => open.has(one.nodeName) && mayRun(one, needed) && fits(one, needed))
    expect(nodeName !== null).toBe(admissible.length > 0) // D4
    if (nodeName === null) return
    expect(admissible.map((one) => one.nodeName)).toContain(nodeName) // D1, D2, D3
    groups.book(nodeName, needed, 'app')
    pods.push({ nodeName, spec: needed })
  }
  function releaseOne(which: number): void {
    const [pod] = pods.splice(which % Math.max(1, pods.length), 1)
    if (pod) groups.release(pod.nodeName, pod.spec, 'app')
  }
  function change(kind: 'open' | 'close' | 'rejoin', one: Joining): void {
    if (kind === 'open') open.add(one.nodeName)
    else open.delete(one.nodeName)
    if (kind === 'rejoin') groups.join(one)
    else groups.setOpen(one.nodeName, kind === 'open')
  }
  function bookedOn(nodeName: string): NodeResources {
    const here = pods.filter((pod) => pod.nodeName === nodeName)
    return {
      cpuMillis: here.reduce((sum, pod) => sum + pod.spec.cpuMillis, 0),
      memoryBytes: here.reduce((sum, pod) => sum + pod.spec.memoryBytes, 0),
      pods: here.length,
    }
  }
  function fits({ nodeName, capacity }: Joining, needed: VersionSpec): boolean {
    const booked = bookedOn(nodeName)
    return (
      booked.cpuMillis + needed.cpuMillis <= capacity.cpuMillis &&
      booked.memoryBytes + needed.memoryBytes <= capacity.memoryBytes &&
      booked.pods + 1 <= capacity.pods
    )
  }
}

function mayRun({ runtimes, taints }: Joining, needed: VersionSpec): boolean {
  const isSimulated = taints.some(({ key }) => key === SIMULATED_TAINT)
  return (
    isSimulated === needed.toleratesSimulated &&
    runtimes.some(
      ({ name, isolation }) =>
        (needed.runtimeClass ?? name) === name &&
        ISOLATIONS.indexOf(isolation) >= ISOLATIONS.indexOf(needed.minIsolation),
    )
  )
}

function anyNode(): fc.Arbitrary<Joining> {
  return fc.record({
    nodeName: fc.constant(''),
    capacity: fc.record({ cpuMillis: fc.nat(600), memoryBytes: fc.nat(600), pods: fc.nat(5) }),
    runtimes: fc.subarray([offer('process', 'none'), offer('bubblewrap', 'namespace'), offer('runsc', 'sandbox')]),
    taints: fc.constantFrom([], [], [{ key: SIMULATED_TAINT, value: '', effect: 'NoSchedule' }]),
  })
}

function anySteps(): fc.Arbitrary<Step[]> {
  const needs = fc
    .record({
      cpuMillis: fc.integer({ min: 1, max: 300 }),
      memoryBytes: fc.integer({ min: 1, max: 300 }),
      runtimeClass: fc.constantFrom(null, null, 'process', 'runsc'),
      minIsolation: fc.constantFrom<Isolation>('none', 'none', 'namespace', 'sandbox'),
      toleratesSimulated: fc.boolean(),
    })
    .map(sampleSpec)
  const kind = fc.constantFrom('place', 'place', 'place', 'release', 'open', 'open', 'close', 'rejoin')
  return fc.array(fc.record({ kind, which: fc.nat(50), spec: needs }), { maxLength: 60 }) as fc.Arbitrary<Step[]>
}

function places(groups: NodeGroups, turns: number, { versionId }: { versionId: string }): Set<string | null> {
  return new Set(Array.from({ length: turns }, () => groups.place(spec(), versionId, 'app')))
}

function groupsOf(nodes: readonly Joining[]): NodeGroups {
  const groups = new NodeGroups(seededRandom(7))
  for (const one of nodes) {
    groups.join(one)
    groups.setOpen(one.nodeName, true)
  }
  return groups
}

function node(nodeName: string, overrides: Partial<Joining> = {}): Joining {
  return { nodeName, capacity: SMALL, runtimes: [offer('bubblewrap', 'namespace')], taints: [], ...overrides }
}

function offer(name: string, isolation: Isolation): Joining['runtimes'][number] {
  return { name, isolation }
}

function spec(overrides: Partial<VersionSpec> = {}): VersionSpec {
  return sampleSpec({ cpuMillis: 100, memoryBytes: 100, ...overrides })
}
