import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PodPhase } from '../pods/pod.ts'
import { SESSION_PHASES, type SessionPhase } from '../sessions/session.ts'
import type { NodeState, PodReport, SessionReport } from './node-report.ts'
import { planReconciliation, type CorePicture, type ReconcileStep } from './reconcile-node-plan.ts'

type Known = PodPhase | 'unknown'
type Said = PodReport['phase'] | 'nothing'
type Kinds = readonly ReconcileStep['kind'][]

const APPLY: Kinds = ['applyPod']
const SAID: readonly Said[] = [
  'nothing',
  'creating',
  'standby',
  'hibernated',
  'active',
  'terminating',
  'terminated',
  'failed',
]

describe('a pod', () => {
  const applied = {
    creating: APPLY,
    standby: APPLY,
    hibernated: APPLY,
    active: APPLY,
    terminating: APPLY,
    terminated: APPLY,
    failed: APPLY,
  }
  const strange: Kinds = ['stopStranger']
  const again: Kinds = ['stopAgain']
  /** What the core believes × what the node says. Phases that no pod on a node has are left out. */
  const expected: Record<Exclude<Known, 'pending' | 'terminated' | 'failed'>, Record<Said, Kinds>> = {
    unknown: {
      creating: strange,
      standby: strange,
      hibernated: strange,
      active: strange,
      terminating: strange,
      terminated: [],
      failed: [],
      nothing: [],
    },
    creating: { ...applied, nothing: ['createAgain'] },
    standby: { ...applied, nothing: ['podGone'] },
    hibernated: { ...applied, nothing: ['podGone'] },
    active: { ...applied, nothing: ['podGone'] },
    terminating: {
      ...applied,
      creating: again,
      standby: again,
      hibernated: again,
      active: again,
      nothing: ['podGone'],
    },
  }
  for (const [known, row] of Object.entries(expected) as [Known, Record<Said, Kinds>][]) {
    it.each(Object.entries(row) as [Said, Kinds][])(`that is ${known}, and said to be %s: %o`, (said, kinds) => {
      const pods = known === 'unknown' ? [] : [['pod-1', known] as const]
      const core = picture({ pods: new Map(pods) })
      expect(
        kindsOf(planReconciliation(core, state({ pods: said === 'nothing' ? [] : [pod('pod-1', said)] }))),
      ).toEqual(kinds)
    })
  }

  it('that is unknown is adopted after a restart, if its version is known and it has not ended', () => {
    const adopting = picture({ isAdopting: true })
    for (const said of SAID.filter((one): one is PodReport['phase'] => one !== 'nothing')) {
      const hasEnded = said === 'terminated' || said === 'failed'
      const plan = planReconciliation(adopting, state({ pods: [pod('pod-1', said)] }))
      expect([said, kindsOf(plan)]).toEqual([said, hasEnded ? [] : ['adoptPod']])
    }
    const foreign = planReconciliation(
      { ...adopting, isVersionKnown: () => false },
      state({ pods: [pod('pod-1', 'active')] }),
    )
    expect(kindsOf(foreign)).toEqual(['stopStranger'])
  })
})

describe('a session', () => {
  it.each<[string, SessionPhase | 'unknown', SessionReport['phase'] | 'nothing', Kinds]>([
    ['goes on', 'starting', 'starting', ['holdSlot', 'applySession']],
    ['became available meanwhile', 'starting', 'available', ['holdSlot', 'applySession']],
    ['is being closed by its node', 'available', 'closing', ['holdSlot', 'applySession']],
    ['has ended meanwhile', 'available', 'closed', ['applySession']],
    ['was never told to close', 'closing', 'inUse', ['holdSlot', 'applySession', 'closeAgain']],
    ['was never told that it is over', 'closed', 'available', ['holdSlot', 'closeAgain']],
    ['is on its way out on both sides', 'closed', 'closing', ['holdSlot', 'applySession']],
    ['has ended on both sides', 'closed', 'closed', ['applySession']],
    ['was never told to start', 'starting', 'nothing', ['startAgain']],
    ['is gone', 'available', 'nothing', ['sessionGone']],
    ['is gone while it closed', 'closing', 'nothing', ['sessionGone']],
    ['holds a slot for nothing', 'closed', 'nothing', ['sessionGone']],
    ['is nobody’s', 'unknown', 'available', ['endStranger']],
    ['was nobody’s', 'unknown', 'closed', ['applySession']],
  ])('%s: %s and said to be %s', (_what, known, said, kinds) => {
    const sessions = known === 'unknown' ? {} : { 'ses-1': { phase: known, podId: 'pod-1' } }
    const core = picture({ pods: new Map([['pod-1', 'active']]), sessions })
    const plan = planReconciliation(
      core,
      state({ pods: [pod('pod-1', 'active')], sessions: said === 'nothing' ? [] : [session('ses-1', said)] }),
    )
    expect(kindsOf(plan).filter((kind) => kind !== 'applyPod')).toEqual(kinds)
  })

  it('that was never told to start is told how many strangers its pod has', () => {
    const sessions = { 'ses-1': { phase: 'starting', podId: 'pod-1' } } as const
    const core = picture({ pods: new Map([['pod-1', 'active']]), sessions })
    const strangers = [session('ses-2', 'available'), session('ses-3', 'closed'), session('ses-4', 'closing', 'pod-2')]
    const plan = planReconciliation(core, state({ pods: [pod('pod-1', 'active')], sessions: strangers }))
    expect(plan).toContainEqual({ kind: 'startAgain', sessionId: 'ses-1', strangers: 1 })
  })

  it('that was to start on a pod that is gone is gone', () => {
    const core = picture({
      pods: new Map([['pod-1', 'active']]),
      sessions: { 'ses-1': { phase: 'starting', podId: 'pod-1' } },
    })
    expect(kindsOf(planReconciliation(core, state({})))).toEqual(['podGone', 'sessionGone'])
    const ended = state({ pods: [pod('pod-1', 'failed')] })
    expect(kindsOf(planReconciliation(core, ended))).toEqual(['applyPod', 'sessionGone'])
  })

  it('that was closed before its node heard of it holds its slot, while its start may be on its way', () => {
    const sessions = { 'ses-1': { phase: 'closed', podId: 'pod-1' } } as const
    const core = picture({ pods: new Map([['pod-1', 'active']]), sessions })
    const said = state({ pods: [pod('pod-1', 'standby')] })
    expect(kindsOf(planReconciliation(core, said))).toEqual(['applyPod', 'sessionGone'])
    expect(kindsOf(planReconciliation({ ...core, isFirstWord: false }, said))).toEqual(['applyPod'])
  })

  it('whose grant the core lost is adopted, before its slot is held', () => {
    const core = picture({ sessions: { 'ses-1': { phase: 'pending', podId: null } }, sessionIds: [], isAdopting: true })
    const said = { pods: [pod('pod-1', 'active')], sessions: [session('ses-1', 'available')] }
    const plan = planReconciliation(core, state(said))
    expect(kindsOf(plan)).toEqual(['adoptPod', 'adoptSession', 'holdSlot', 'applySession'])
    const over = planReconciliation(core, state({ sessions: [session('ses-1', 'closed')] }))
    expect(kindsOf(over)).toEqual(['adoptSession', 'applySession'])
  })

  it('whose grant the core lost goes on waiting when its pod is not welcome', () => {
    const sessions = { 'ses-1': { phase: 'pending', podId: null } } as const
    const core = picture({ sessions, sessionIds: [], isAdopting: true, isVersionKnown: () => false })
    const said = { pods: [pod('pod-1', 'active')], sessions: [session('ses-1', 'available')] }
    expect(kindsOf(planReconciliation(core, state(said)))).toEqual(['stopStranger', 'endStranger'])
  })

  it('that the core believes on another pod, because its database is an older one, holds no slot there', () => {
    const pods = new Map<string, PodPhase>([
      ['pod-1', 'active'],
      ['pod-2', 'active'],
    ])
    const core = picture({ pods, sessions: { 'ses-1': { phase: 'available', podId: 'pod-1' } } })
    const said = [pod('pod-1', 'active'), pod('pod-2', 'active')]
    const plan = planReconciliation(core, state({ pods: said, sessions: [session('ses-1', 'inUse', 'pod-2')] }))
    expect(kindsOf(plan)).toEqual(['applyPod', 'applyPod', 'endStranger', 'grantGone'])
    const over = planReconciliation(core, state({ pods: said, sessions: [session('ses-1', 'closed', 'pod-2')] }))
    expect(kindsOf(over)).toEqual(['applyPod', 'applyPod', 'applySession', 'grantGone'])
  })

  it('that nobody knows keeps its slot when its node says the same once more', () => {
    const core = picture({ pods: new Map([['pod-1', 'active']]), sessionIds: ['ses-1'], isFirstWord: false })
    const said = state({ pods: [pod('pod-1', 'active')], sessions: [session('ses-1', 'available')] })
    expect(kindsOf(planReconciliation(core, said))).toEqual(['applyPod', 'endStranger'])
  })
})

it('holds every slot before anything can give it to somebody else', () => {
  const ids = ['1', '2', '3']
  const anyState = fc.record({
    pods: fc.dictionary(
      fc.constantFrom(...ids),
      fc.constantFrom<PodPhase>('creating', 'standby', 'active', 'terminating'),
    ),
    sessions: fc.dictionary(fc.constantFrom(...ids), fc.constantFrom<SessionPhase>(...SESSION_PHASES.slice(1))),
    saidPods: fc.dictionary(
      fc.constantFrom(...ids),
      fc.constantFrom<PodReport['phase']>('creating', 'standby', 'active', 'failed'),
    ),
    saidSessions: fc.dictionary(
      fc.constantFrom(...ids),
      fc.constantFrom<SessionReport['phase']>('starting', 'available', 'closing', 'closed'),
    ),
    isAdopting: fc.boolean(),
  })
  fc.assert(
    fc.property(anyState, ({ pods, sessions, saidPods, saidSessions, isAdopting }) => {
      const core = picture({
        pods: new Map(Object.entries(pods).map(([id, phase]) => [`pod-${id}`, phase])),
        sessions: Object.fromEntries(
          Object.entries(sessions).map(([id, phase]) => [`ses-${id}`, { phase, podId: `pod-${id}` }]),
        ),
        isAdopting,
      })
      const said = state({
        pods: Object.entries(saidPods).map(([id, phase]) => pod(`pod-${id}`, phase)),
        sessions: Object.entries(saidSessions).map(([id, phase]) => session(`ses-${id}`, phase, `pod-${id}`)),
      })
      const kinds = kindsOf(planReconciliation(core, said))
      const lastHold = Math.max(kinds.lastIndexOf('holdSlot'), kinds.lastIndexOf('startAgain'))
      const gifts = ['endStranger', 'applySession', 'sessionGone', 'grantGone'].map((kind) =>
        kinds.findIndex((one) => one === kind),
      )
      for (const gift of gifts.filter((index) => index >= 0)) expect(gift).toBeGreaterThan(lastHold)
      const lastPod = kinds.findLastIndex((kind) => kind.endsWith('Pod') || kind === 'podGone')
      const firstSession = kinds.findIndex((kind) => kind.endsWith('Session') || kind === 'holdSlot')
      if (firstSession >= 0) expect(firstSession).toBeGreaterThan(lastPod)
    }),
  )
})

function picture(
  overrides: Partial<Omit<CorePicture, 'session'>> & {
    sessions?: Record<string, { phase: SessionPhase; podId: string | null }>
  } = {},
): CorePicture {
  const { sessions = {}, ...rest } = overrides
  return {
    pods: new Map(),
    session: (id) => sessions[id] ?? null,
    sessionIds: Object.keys(sessions),
    isVersionKnown: () => true,
    isAdopting: false,
    isFirstWord: true,
    ...rest,
  }
}

function state(overrides: Partial<NodeState>): NodeState {
  return { revision: 1, pods: [], sessions: [], versionIds: [], ...overrides }
}

function pod(podId: string, phase: PodReport['phase']): PodReport {
  return {
    podId,
    versionId: 'ver-1',
    phase,
    failure: null,
    readyAfterMs: null,
    runtime: null,
    isSpent: false,
    startPhases: null,
    hibernation: null,
  }
}

function session(sessionId: string, phase: SessionReport['phase'], podId = 'pod-1'): SessionReport {
  return { sessionId, podId, grantEpoch: 1, phase, endpoints: [], clientCount: 0, message: null, end: null }
}

function kindsOf(plan: readonly ReconcileStep[]): ReconcileStep['kind'][] {
  return plan.map(({ kind }) => kind)
}
