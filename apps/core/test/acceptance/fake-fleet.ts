/** A fleet of tests: it holds what it is given, and every write leaves an entry in the real change log. */
import type { Clock } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import type { Application, ScalingPolicy, VersionSpec } from '../../src/applications/application.ts'
import { ChangeLog } from '../../src/fleet/change-log.ts'
import { planDrain, type DrainPlan } from '../../src/fleet/drain-plan.ts'
import { EventLog } from '../../src/fleet/event-log.ts'
import type { ApplicationView, Change, NodeView } from '../../src/fleet/views.ts'
import type { FleetReader, NodeShare } from '../../src/graphql/core-port.ts'
import type { NodePhase } from '../../src/nodes/node-state.ts'
import type { PodView } from '../../src/pods/pod.ts'
import { packChoice } from '../../src/scheduler/placement-choice.ts'
import type { Shortage } from '../../src/scheduler/placement.ts'
import type { Session } from '../../src/sessions/session.ts'
import type { Viewer } from '../../src/tenants/tenant.ts'
import { anIntroduction, aPolicy, aSession, aSpec, NO_PODS } from './fake-objects.ts'

export class FakeFleet implements FleetReader {
  readonly changes: ChangeLog<Change>
  readonly events: EventLog
  readonly startedAtMs: number
  /** What is short for applications, when a test says so. */
  readonly shortages = new Map<string, Shortage>()
  readonly #clock: Clock
  readonly #applications = new Map<string, ApplicationView>()
  readonly #sessions = new Map<string, Session>()
  readonly #pods = new Map<string, PodView>()
  readonly #nodes = new Map<string, NodeView>()

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock
    this.startedAtMs = clock.nowMs()
    this.changes = new ChangeLog({ start: 7, capacity })
    this.events = new EventLog(7)
  }

  get resourceVersion(): string {
    return this.changes.resourceVersion
  }

  applications = () => this.#applications.values()
  application = (id: string) => this.#applications.get(id) ?? null
  sessions = () => this.#sessions.values()
  session = (id: string) => this.#sessions.get(id) ?? null
  queuePosition = (id: string) => (this.#sessions.get(id)?.phase === 'pending' ? 0 : null)
  pods = () => this.#pods.values()
  pod = (id: string) => this.#pods.get(id) ?? null
  nodes = () => this.#nodes.values()
  node = (name: string) => this.#nodes.get(name) ?? null
  shortage = (applicationId: string) => this.shortages.get(applicationId) ?? null
  roomBeside = (_nodeNames: ReadonlySet<string>, _applicationId: string, upTo: number) => upTo
  opened = (tenantId: string | null) => (tenantId === null ? { warm: 8, cold: 2 } : { warm: 4, cold: 1 })

  drainPlan(nodeName: string, sessionsMayLastMs: number): DrainPlan | null {
    const pods = [...this.#pods.values()].filter((pod) => pod.nodeName === nodeName)
    return this.node(nodeName) && planDrain(pods, this.session, this.#clock.nowMs() + sessionsMayLastMs)
  }

  nodePhases(tenantId: string | null): Readonly<Record<NodePhase, number>> {
    const counts = { expected: 0, joining: 0, ready: 0, disconnected: 0, lost: 0 }
    for (const { registered, phase } of this.#nodes.values())
      if (tenantId === null || this.nodeShare(registered.name, tenantId) !== null) counts[phase] += 1
    return counts
  }

  applicationNamed(tenantId: string, name: string): ApplicationView | null {
    return this.#applications.values().find(({ definition: d }) => d.tenantId === tenantId && d.name === name) ?? null
  }

  nodeShare(nodeName: string, tenantId: string): NodeShare | null {
    const pods = [...this.#pods.values()].filter((pod) => pod.nodeName === nodeName && pod.tenantId === tenantId)
    const booked = { cpuMillis: 100 * pods.length, memoryBytes: 1024 * pods.length, pods: pods.length }
    const sessionCount = pods.reduce((sum, pod) => sum + pod.sessionIds.size, 0)
    return pods.length === 0 ? null : { booked, podCount: pods.length, sessionCount }
  }

  addApplication(
    tenantId: string,
    name: string,
    given: { spec?: VersionSpec; policy?: ScalingPolicy } = {},
  ): ApplicationView {
    const id = newId('app')
    const createdAtMs = this.#clock.nowMs()
    const version = { id: newId('ver'), applicationId: id, number: 1, createdAtMs, spec: given.spec ?? aSpec() }
    const definition: Application = {
      id,
      tenantId,
      name,
      createdAtMs,
      version,
      revision: 1,
      fallback: null,
      isProven: true,
      scalingPolicy: given.policy ?? aPolicy(),
    }
    return this.putApplication({
      definition,
      counts: { ...NO_PODS },
      waitingSessions: 0,
      openSessions: 0,
      idleMemoryBytes: 0,
      failure: null,
    })
  }

  putApplication(view: ApplicationView): ApplicationView {
    const { id, tenantId } = view.definition
    this.#applications.set(id, view)
    this.changes.append({ kind: 'application', id, tenantId, applicationId: id, isGone: false })
    return view
  }

  removeApplication(id: string): void {
    const tenantId = this.#applications.get(id)?.definition.tenantId ?? null
    this.#applications.delete(id)
    this.changes.append({ kind: 'application', id, tenantId, applicationId: id, isGone: true })
  }

  write(viewer: Viewer, name: string, revision: number | null, change: (was: Application) => Partial<Application>) {
    const application = this.applicationNamed(viewer.tenantId, name)
    if (application === null) return { kind: 'applicationNotFound', application: name } as const
    const { definition } = application
    if (revision !== null && revision !== definition.revision)
      return { kind: 'conflict', currentRevision: definition.revision } as const
    const next = { ...definition, ...change(definition), revision: definition.revision + 1 }
    return { kind: 'written', application: this.putApplication({ ...application, definition: next }) } as const
  }

  addSession({ definition }: ApplicationView, given: Partial<Session> = {}): Session {
    const { id: applicationId, name: applicationName, tenantId } = definition
    return this.putSession(
      aSession({ tenantId, applicationId, applicationName, createdAtMs: this.#clock.nowMs(), ...given }),
    )
  }

  putSession(session: Session): Session {
    const { id, tenantId, applicationId } = session
    this.#sessions.set(id, session)
    this.changes.append({ kind: 'session', id, tenantId, applicationId, isGone: false })
    return session
  }

  removeSession(id: string): void {
    const session = this.#sessions.get(id)
    if (!session) return
    this.#sessions.delete(id)
    const { tenantId, applicationId } = session
    this.changes.append({ kind: 'session', id, tenantId, applicationId, isGone: true })
  }

  addPod({ definition }: ApplicationView, given: Partial<PodView> = {}): PodView {
    const { id: applicationId, name: applicationName, tenantId, version } = definition
    const nowMs = this.#clock.nowMs()
    return this.putPod({
      id: newId('pod'),
      tenantId,
      applicationId,
      applicationName,
      version,
      createdAtMs: nowMs,
      phaseSinceMs: nowMs,
      phase: 'standby',
      nodeName: null,
      sessionIds: new Set(),
      readyAtMs: nowMs,
      readyAfterMs: 5,
      placedAtMs: nowMs,
      choice: packChoice(3, true, 2),
      runtime: 'process',
      failure: null,
      usage: null,
      isSpent: false,
      startPhases: null,
      rest: 'awake',
      hibernation: null,
      keptBytes: null,
      isStuck: false,
      noSleepBeforeMs: 0,
      ...given,
    })
  }

  putPod(pod: PodView): PodView {
    const { id, tenantId, applicationId } = pod
    this.#pods.set(id, pod)
    this.changes.append({ kind: 'pod', id, tenantId, applicationId, isGone: false })
    if (pod.nodeName !== null) this.#nodeChanged(pod.nodeName)
    return pod
  }

  removePod(id: string): void {
    const pod = this.#pods.get(id)
    if (!pod) return
    this.#pods.delete(id)
    const { tenantId, applicationId } = pod
    this.changes.append({ kind: 'pod', id, tenantId, applicationId, isGone: true })
    if (pod.nodeName !== null) this.#nodeChanged(pod.nodeName)
  }

  putNode(name: string, given: Partial<NodeView> = {}): NodeView {
    const registered = {
      name,
      ledgerId: newId('led'),
      isCordoned: false,
      drainDeadlineMs: null,
      labels: {},
      joinedAtMs: 0,
      lostAtMs: null,
    }
    const node: NodeView = {
      registered,
      phase: 'ready',
      introduction: anIntroduction(name),
      podCount: 3,
      sessionCount: 2,
      revision: 9,
      booked: { cpuMillis: 300, memoryBytes: 3072, pods: 3 },
      lastHeardAtMs: 0,
      usage: { cpuMillis: 7, memoryBytes: 77 },
      conditions: [],
      link: [{ kind: 'connected', atMs: 0 }],
      ...given,
    }
    this.#nodes.set(name, node)
    this.#nodeChanged(name)
    return node
  }

  cordon(name: string, isCordoned: boolean) {
    const node = this.#nodes.get(name)
    if (!node) return { kind: 'nodeNotFound', name } as const
    const next = this.putNode(name, { ...node, registered: { ...node.registered, isCordoned } })
    return { kind: 'written', node: next, sessionCount: next.sessionCount } as const
  }

  #nodeChanged(name: string): void {
    this.changes.append({ kind: 'node', id: name, tenantId: null, applicationId: null, isGone: false })
  }
}
