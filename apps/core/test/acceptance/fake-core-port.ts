/**
 * A core for tests of its edge: what the port asks for, in memory, with the real change log. Tests put objects
 * in and see what clients get. Opening a session takes a turn of the event loop, or until `hold` is let go.
 */
import { systemClock, type Clock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { policyProblem } from '../../src/applications/scaling-policy-rules.ts'
import { nameProblem, specProblem } from '../../src/applications/version-rules.ts'
import type { NodeImage } from '../../src/images/node-image.ts'
import type {
  AuditTrail,
  CorePort,
  HistoryPort,
  LatencyFilter,
  NodeAdmissions,
  PodLogBatch,
  UseCases,
} from '../../src/graphql/core-port.ts'
import type { AuditFact } from '../../src/trail/audit-record.ts'
import type { Logins } from '../../src/graphql/tenants-port.ts'
import { FakeFleet } from './fake-fleet.ts'
import { fakeHistory } from './fake-history.ts'
import { toAvailable } from './fake-objects.ts'
import { fakeSecrets } from './fake-secrets.ts'
import { FakeStore } from './fake-store.ts'
import { fakeTenants, type FakeTenants } from './fake-tenants.ts'

export class FakeCorePort implements CorePort {
  readonly clock: Clock
  readonly log = createLog('test', 'silent')
  readonly fleet: FakeFleet
  readonly store: FakeStore
  readonly tenants: FakeTenants
  readonly logins: Logins
  readonly useCases: UseCases
  readonly secrets = fakeSecrets()
  /** What nodes say of images, whatever the version. */
  images: readonly NodeImage[] = []
  readonly admissions: NodeAdmissions = nobodyJoins
  readonly facts: AuditFact[] = []
  readonly audit: AuditTrail = {
    record: (fact) => void this.facts.push(fact),
    records: async () => [],
    marks: async () => [],
    recordsFrom: async () => [],
    lastNumber: () => 0,
    onWritten: () => () => undefined,
    verify: async () => ({ count: 0, firstNumber: null, lastNumber: null, problem: null }),
  }
  /** While it is set, sessions do not become available. */
  hold: Promise<void> | null = null
  /** What the log of every pod yields. */
  podLogBatches: readonly PodLogBatch[] = []
  /** Thrown by the next use-case. */
  failure: Error | null = null
  /** Sessions whose client left before the answer. */
  readonly clientsGone: string[] = []
  readonly history: HistoryPort = fakeHistory()
  readonly latencyAsked: LatencyFilter[] = []

  constructor(options: { clock?: Clock; changeLogCapacity?: number } = {}) {
    this.clock = options.clock ?? systemClock
    this.fleet = new FakeFleet(this.clock, options.changeLogCapacity ?? 1_000)
    this.store = new FakeStore()
    const { tenants, logins } = fakeTenants(this.clock)
    this.tenants = tenants
    this.logins = logins
    this.useCases = this.#useCases()
  }

  async *podLog(_podId: string, _options: object, signal: AbortSignal): AsyncIterable<PodLogBatch> {
    yield* this.podLogBatches
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }

  imagesOf(): readonly NodeImage[] {
    return this.images
  }

  latency(filter: LatencyFilter) {
    this.latencyAsked.push(filter)
    return { count: 1, maxMs: 4, p50Ms: 3, p90Ms: 3.5, p99Ms: 4, p999Ms: 4 }
  }

  #useCases(): UseCases {
    const { fleet } = this
    return {
      openSession: (asking, command, caller) => this.#openSession(asking, command, caller),
      closeSession: async ({ viewer }, id) => {
        const session = fleet.session(id)
        const isTheirs = session && (viewer.role === 'operator' || session.tenantId === viewer.tenantId)
        if (!isTheirs) return { kind: 'sessionNotFound', id }
        return { kind: 'closing', session: fleet.putSession({ ...session, phase: 'closed', closeReason: 'requested' }) }
      },
      createApplication: async (viewer, { name, spec, policy }) => {
        if (this.failure) throw this.failure
        const problem = nameProblem('name', name) ?? specProblem(spec) ?? policyProblem(policy)
        if (problem) return { kind: 'invalid', ...problem }
        if (fleet.applicationNamed(viewer.tenantId, name)) return { kind: 'nameTaken', name }
        return { kind: 'created', application: fleet.addApplication(viewer.tenantId, name, { spec, policy }) }
      },
      publishVersion: async (viewer, { application, revision, change }) =>
        fleet.write(viewer, application, revision, (was) => ({
          version: {
            ...was.version,
            number: was.version.number + 1,
            ...(change.kind === 'spec' && { spec: change.spec }),
          },
        })),
      updateScalingPolicy: async (viewer, { application, revision, policy }) => {
        const problem = policyProblem(policy)
        if (problem) return { kind: 'invalid', ...problem }
        return fleet.write(viewer, application, revision, () => ({ scalingPolicy: policy }))
      },
      deleteApplication: async (viewer, { application, revision }) => {
        const result = fleet.write(viewer, application, revision, () => ({}))
        if (result.kind === 'written') fleet.removeApplication(result.application.definition.id)
        return result
      },
      cordonNode: async (_viewer, name) => fleet.cordon(name, true),
      uncordonNode: async (_viewer, name) => fleet.cordon(name, false),
      removeNode: async (_viewer, name) =>
        fleet.node(name) === null ? { kind: 'nodeNotFound', name } : { kind: 'nodeConnected', name },
      drainNode: async (_viewer, { nodeName }) => fleet.cordon(nodeName, true),
    }
  }

  #openSession: UseCases['openSession'] = async ({ viewer }, command, caller) => {
    if (this.failure) throw this.failure
    const application = this.fleet.applicationNamed(viewer.tenantId, command.application)
    if (application === null) return { kind: 'applicationNotFound', application: command.application }
    const session = this.fleet.addSession(application, { request: command.request, phase: 'pending' })
    if (command.wait === 'none') return { kind: 'underway', session }
    const left = new Promise((resolve) => caller.onLeave(() => resolve(undefined)))
    await Promise.race([this.hold ?? new Promise(setImmediate), left])
    if (caller.hasLeft) {
      this.clientsGone.push(session.id)
      return {
        kind: 'underway',
        session: this.fleet.putSession({ ...session, phase: 'closed', closeReason: 'clientGone' }),
      }
    }
    return { kind: 'opened', session: this.fleet.putSession(toAvailable(session, this.clock.nowMs())) }
  }
}

/** Nodes of these tests are put in, and never join. */
const nobodyJoins: NodeAdmissions = {
  tokens: () => [],
  identity: () => null,
  createToken: async () => null,
  revokeToken: async () => null,
  revokeNode: async () => null,
  forgetNode: async () => undefined,
  rotateAuthority: async () => ({ kind: 'broughtFromOutside' }),
}
