/** For each invariant: what is intact is let be, and what is broken by hand is found, by both ways of looking. */
import { describe, expect, it } from 'vitest'
import {
  answersOf,
  believed,
  findings,
  introduce,
  nodesWith,
  NO_ANSWERS,
  put,
  reader,
  running,
  scene,
  stopped,
  batch,
  wrongIn,
  type Broken,
} from '../../test/support/audit-scene.ts'
import { evidenceOf } from '../../test/support/invariants.ts'
import { createPod } from '../fleet/pod-writer.ts'
import { pictureOf } from './fleet-picture.ts'
import { INVARIANTS } from './invariants.ts'
import { checkEverything } from './look.ts'
import { Memory } from './memory.ts'

const BROKEN: readonly Broken[] = [
  ['I1', 'a pod has more sessions than slots', ({ busy }) => void ['x', 'y'].map((id) => busy.sessionIds.add(id))],
  ['I1', 'a pod is active and serves nobody', ({ busy }) => busy.sessionIds.clear()],
  ['I1', 'a pod that does not serve has sessions', ({ idle, open }) => void idle.sessionIds.add(open.id)],
  [
    'I1',
    'a pod holds a session that is not its own, and nobody waits',
    ({ idle, open }) => void idle.sessionIds.add(open.id),
  ],
  ['I1', 'a session runs on a pod that does not hold it', ({ busy, open }) => void busy.sessionIds.delete(open.id)],
  ['I1', 'a pod serves more sessions than it has slots', () => nodesWith([running('pod-x', 1, ['a', 'b'])])],
  ['I1', 'a session runs on two pods in one epoch', () => nodesWith([running('x', 1, ['a']), running('y', 1, ['a'])])],
  [
    'I2',
    'a later core has granted a session',
    ({ state, open }) => put(state, { ...open, grantEpoch: 2 * 2 ** 32 + 1 }),
  ],
  [
    'I2',
    'a node acted on a command of an older epoch',
    () => ({ acts: [{ nodeName: 'node-1', kind: 'stopPod', coreId: 'core', epoch: 3, highestEpoch: 4 }] }),
  ],
  ['I3', 'a session closed without a reason', ({ state, closed }) => put(state, { ...closed, closeReason: null })],
  [
    'I3',
    'a session has a reason to be closed, and is open',
    ({ state, open }) => put(state, { ...open, closeReason: 'exited' }),
  ],
  [
    'I3',
    'a session is open and its application is gone',
    ({ state, entry }) => void state.applications.delete(entry.definition.id),
  ],
  ['I3', 'a session was granted no pod', ({ state, open }) => put(state, { ...open, podId: null })],
  ['I3', 'a session is open and its pod is gone', ({ state, busy }) => void state.pods.delete(busy.id)],
  ['I3', 'a session was answered, and nobody knows of it', () => answersOf('ses-lost', 'open')],
  [
    'I3',
    'an answered session closed because the core failed',
    ({ state, closed }) => {
      put(state, { ...closed, closeReason: 'coreFailed' })
      return answersOf(closed.id, 'recorded')
    },
  ],
  [
    'I3',
    'a session that was open closed as if it never was',
    ({ state, closed }) => {
      put(state, { ...closed, closeReason: 'openTimedOut' })
      return answersOf(closed.id, 'open')
    },
  ],
  ['I3', 'a session goes on whose end was answered', ({ open }) => answersOf(open.id, 'closing')],
  [
    'I4',
    'a pod serves nobody and nothing wants it, but it was not asked to end',
    ({ entry }) => void (entry.isDeleted = true),
  ],
  [
    'I4',
    'a pod has outlived its reason to exist',
    ({ memory, world, idle, evidence }) => {
      const unknown = nodesWith([running('pod-x', 1, [])])
      checkEverything(evidence(unknown), () => undefined)
      world.run(41_000)
      expect(memory.reasonless.has(idle.id)).toBe(false)
      return unknown
    },
  ],
  [
    'I5',
    'more is booked on a node than it has',
    ({ node }) => introduce(node, { cpuMillis: 1, memoryBytes: 1, pods: 1 }),
  ],
  [
    'I5',
    'what is booked on a node is not what its pods need',
    ({ state, idle }) => state.groups.book('node-1', idle.version.spec, idle.applicationId),
  ],
  [
    'I5',
    'the pods on a node need more than the machine has',
    () => nodesWith([{ ...running('pod-x', 1, []), cpuMillis: 1_000_000 }]),
  ],
  [
    'I6',
    'a pool was given more pods than its maximum',
    ({ state, entry }) => {
      while (entry.pods.size <= entry.definition.scalingPolicy.maxPods)
        createPod(state, entry, entry.definition.version)
    },
  ],
  [
    'I6',
    'pods were made though the target of the pool was met',
    ({ state, entry }) => void createPod(state, entry, entry.definition.version),
  ],
  [
    'I6',
    'a pool shrank below its minimum',
    ({ entry, idle, world }) => {
      const { definition } = entry
      entry.definition = { ...definition, scalingPolicy: { ...definition.scalingPolicy, minPods: 9 } }
      return { commands: [stopped(idle, world.nowMs, [])] }
    },
  ],
  [
    'I7',
    'a pod was asked to end while it served a session',
    ({ busy, open, world }) => ({
      commands: [stopped(busy, world.nowMs, [{ sessionId: open.id, phase: open.phase }])],
    }),
  ],
  [
    'I7',
    'a session was given a pod that was asked to end',
    ({ busy }) => {
      busy.phase = 'terminating'
      busy.phaseSinceMs = 0
    },
  ],
  [
    'I7',
    'a session closed for the end of an application that is there',
    ({ state, closed }) => put(state, { ...closed, closeReason: 'applicationDeleted' }),
  ],
  [
    'I7',
    'a session was drained before the deadline of the drain',
    ({ state, node, open, world }) => {
      node.registered = { ...node.registered, drainDeadlineMs: world.nowMs + 1_000 }
      const timeline = [...open.timeline, { step: 'closing', atMs: world.nowMs } as const]
      put(state, { ...open, phase: 'closing', closeReason: 'drained', timeline })
    },
  ],
  [
    'I8',
    'a session has a deadline that nobody waits for',
    ({ world, pending }) => void world.deadlines.delete(pending.id),
  ],
  [
    'I8',
    'a session waits for ever',
    ({ state, world, pending }) => {
      world.deadlines.delete(pending.id)
      state.sessions.set(pending.id, { ...pending, deadline: null })
      state.sessionChanged(pending, false)
    },
  ],
  ['I8', 'a closed session stays for ever', ({ world, closed }) => void world.deadlines.delete(`keep:${closed.id}`)],
  [
    'I8',
    'a closed session holds a slot for ever',
    ({ state, busy, open }) => put(state, { ...open, phase: 'closed', podId: busy.id }),
  ],
  ['I8', 'a pod waits for ever', ({ idle }) => void (idle.phase = 'creating')],
  ['I8', 'a node has no lease', ({ world }) => void world.deadlines.delete('lease:node-1')],
  [
    'I8',
    'a drain lasts for ever',
    ({ node, world }) => void (node.registered = { ...node.registered, drainDeadlineMs: world.nowMs + 1_000 }),
  ],
  [
    'I8',
    'a session outlasts the drain of its node',
    ({ node, world }) => void (node.registered = { ...node.registered, drainDeadlineMs: world.nowMs - 1_000 }),
  ],
  ['I8', 'a deadline did not fire', ({ world, pending }) => void world.deadlines.set(pending.id, world.nowMs - 200)],
  ['I8', 'a version waits for ever to be proven', ({ entry, world }) => void (entry.provesAtMs = world.nowMs + 1_000)],
  ['I8', 'the core no longer marks that it listens', ({ world }) => void world.deadlines.delete('listening')],
  ['I9', 'a key does not lead to its session', ({ entry }) => entry.keys.clear()],
  [
    'I9',
    'two sessions have one key',
    ({ state, open, other }) => {
      put(state, { ...other, request: { ...other.request, idempotency: open.request.idempotency } })
    },
  ],
  [
    'I9',
    'one key was answered with two sessions',
    ({ open }) => ({
      answers: { ...NO_ANSWERS, byKey: new Map([['game/one', new Set([open.id, 'ses-x'])]]) },
    }),
  ],
  [
    'I9',
    'two rows have one key',
    ({ open }) => ({
      database: { session: () => open, sessions: () => [open, { ...open, id: 'ses-x' }] },
    }),
  ],
  [
    'I10',
    'the resource version went back',
    ({ state, memory }) => void (memory.version = `${state.startedAtMs}.999999`),
  ],
  ['I10', 'a pod changed without a word', ({ idle }) => void (idle.runtime = 'another')],
  ['I10', 'a session changed without a word', ({ state, open }) => void state.sessions.set(open.id, { ...open })],
  ['I10', 'a pod went without a word', ({ state, idle }) => void state.pods.delete(idle.id)],
  ['I10', 'a node came without a word', ({ state, node }) => void state.nodes.set('node-x', node)],
  [
    'I10',
    'a reader was told an older version, or changes without a snapshot',
    () => ({ readers: [reader({ told: [batch('snapshot', '1.5'), batch('changes', '1.5')] })] }),
  ],
  [
    'I10',
    'a reader has read everything, and missed a final state',
    ({ state, open }) => {
      const believes = new Map(believed(state))
      believes.set(open.id, pictureOf({ kind: 'session', object: { ...open, phase: 'starting' } }))
      return { readers: [reader({ believes, resourceVersion: state.changes.resourceVersion })] }
    },
  ],
  [
    'I11',
    'a reader was shown what is another tenant’s',
    ({ open }) => {
      const shown = [{ id: open.id, tenantId: open.tenantId }]
      return { readers: [reader({ tenantId: 'ten-2', told: [{ ...batch('snapshot', '1.5'), shown }] })] }
    },
  ],
  [
    'I11',
    'a change was told to another tenant than its object’s',
    ({ state, idle }) => state.podChanged({ ...idle, tenantId: 'ten-2' }, false),
  ],
  [
    'I11',
    'a pod serves a session of another application or tenant',
    ({ state, open }) => put(state, { ...open, tenantId: 'ten-2' }),
  ],
  [
    'I11',
    'a session is not its application’s tenant’s',
    ({ state, pending }) => put(state, { ...pending, tenantId: 'ten-2' }),
  ],
  [
    'I11',
    'a pod is not its application’s tenant’s',
    ({ state, idle }) => {
      const stolen = { ...idle, tenantId: 'ten-2' }
      state.pods.set(idle.id, stolen)
      state.podChanged(stolen, false)
    },
  ],
]

/** These are seen only in a look at everything: nothing says that they have changed. */
const ONLY_IN_EVERYTHING = new Set([
  'two rows have one key',
  'a pod changed without a word',
  'a session changed without a word',
  'a pod went without a word',
  'a node came without a word',
])

/** A change is looked at when it is told, and not again. */
const ONLY_IN_CHANGES = new Set(['a change was told to another tenant than its object’s'])

describe('what is broken by hand', () => {
  it.each(BROKEN)('%s: %s', (id, what, breakIt) => {
    const inChanges = findings(breakIt, 'changes').find((violation) => violation.what === what)
    const inEverything = findings(breakIt, 'everything').find((violation) => violation.what === what)
    expect(inChanges === undefined).toBe(ONLY_IN_EVERYTHING.has(what))
    expect(inEverything === undefined).toBe(ONLY_IN_CHANGES.has(what))
    const violation = inEverything ?? inChanges
    expect(violation?.invariant).toBe(id)
    expect(violation?.objects.length).toBeGreaterThan(0)
    expect(JSON.parse(JSON.stringify(violation))).toEqual(violation)
  })

  it('is broken at least once for each invariant', () => {
    const broken = new Set(BROKEN.map(([id]) => id))
    expect(INVARIANTS.map(({ id }) => id)).toEqual([...broken, 'books'])
  })
})

describe('what is intact', () => {
  it('is let be, with everything that a world can witness', () => {
    const { world, memory } = scene()
    const evidence = evidenceOf(world, { memory, pace: 'everyTurn', commands: [] })
    expect(wrongIn(evidence, 'everything')).toEqual([])
    expect(wrongIn(evidence, 'changes')).toEqual([])
  })

  it('is let be where nobody looks after every turn', () => {
    const { world } = scene()
    const evidence = { ...evidenceOf(world, { memory: new Memory(), pace: 'nowAndThen' }), witnesses: {} }
    expect(wrongIn(evidence, 'everything')).toEqual([])
    expect(wrongIn(evidence, 'changes')).toEqual([])
  })
})
