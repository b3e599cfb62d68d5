/** Ordinary objects for tests, which name only what they are about. */
import {
  SPEC_DEFAULTS,
  type Application,
  type ApplicationVersion,
  type ScalingPolicy,
  type VersionSpec,
} from '../../src/applications/application.ts'
import type { NodeIntroduction, RegisteredNode } from '../../src/nodes/node.ts'
import type { Pod } from '../../src/pods/pod.ts'
import { pendingSession } from '../../src/sessions/session-state.ts'
import type { Session, SessionRequest } from '../../src/sessions/session.ts'

export const MIB = 1024 * 1024
export const TENANT = 'ten-1'

export function sampleSpec(overrides: Partial<VersionSpec> = {}): VersionSpec {
  return {
    image: 'host',
    command: ['serve'],
    args: [],
    env: {},
    workingDirectory: null,
    ports: [{ name: 'web', protocol: 'http', containerPort: 8080 }],
    cpuMillis: 100,
    memoryBytes: 64 * MIB,
    readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 10_000 },
    sessionsPerPod: 1,
    usesSessionService: true,
    runtimeClass: null,
    minIsolation: 'none',
    ...SPEC_DEFAULTS,
    toleratesSimulated: false,
    ...overrides,
  }
}

export function sampleVersion(
  overrides: { applicationId?: string; number?: number } & Partial<VersionSpec> = {},
): ApplicationVersion {
  const { applicationId = 'app-1', number = 1, ...spec } = overrides
  return { id: `ver-${applicationId}-${number}`, applicationId, number, createdAtMs: 0, spec: sampleSpec(spec) }
}

export function samplePolicy(overrides: Partial<ScalingPolicy> = {}): ScalingPolicy {
  return {
    minPods: 0,
    maxPods: 100,
    burst: 100,
    scaleDownDelayMs: 0,
    target: { kind: 'idleCount', low: 0, high: 0 },
    keepHot: 0,
    hibernateAfterMs: null,
    wakeOnTraffic: false,
    ...overrides,
  }
}

export function sampleApplication(
  overrides: Partial<Application> & { policy?: Partial<ScalingPolicy>; spec?: Partial<VersionSpec> } = {},
): Application {
  const { policy, spec, ...rest } = overrides
  const id = rest.id ?? 'app-1'
  return {
    id,
    tenantId: TENANT,
    name: 'hello',
    revision: 1,
    createdAtMs: 0,
    scalingPolicy: samplePolicy(policy),
    version: sampleVersion({ applicationId: id, ...spec }),
    fallback: null,
    isProven: false,
    ...rest,
  }
}

export function samplePod(overrides: Partial<Pod> = {}): Pod {
  return {
    id: 'pod-1',
    tenantId: TENANT,
    applicationId: 'app-1',
    applicationName: 'hello',
    version: sampleVersion(),
    createdAtMs: 0,
    phase: 'standby',
    phaseSinceMs: 0,
    nodeName: 'node-1',
    sessionIds: new Set(),
    readyAtMs: null,
    readyAfterMs: null,
    placedAtMs: null,
    choice: 0,
    runtime: null,
    failure: null,
    usage: null,
    isSpent: false,
    startPhases: null,
    rest: overrides.phase === 'hibernated' ? 'asleep' : 'awake',
    hibernation: null,
    keptBytes: null,
    isStuck: false,
    noSleepBeforeMs: 0,
    ...overrides,
  }
}

export function sampleRequest(overrides: Partial<SessionRequest> = {}): SessionRequest {
  return {
    openTimeoutMs: 10_000,
    closeGraceMs: 60_000,
    killPodOnClose: false,
    idleTimeoutMs: null,
    maxLifetimeMs: null,
    data: new Uint8Array(0),
    env: {},
    labels: {},
    idempotency: null,
    ...overrides,
  }
}

export function sampleSession(
  overrides: { id?: string; applicationId?: string; createdAtMs?: number } & Partial<SessionRequest> = {},
): Session {
  const { id = 'ses-1', applicationId = 'app-1', createdAtMs = 0, ...request } = overrides
  return pendingSession({
    id,
    tenantId: TENANT,
    applicationId,
    applicationName: 'hello',
    createdAtMs,
    request: sampleRequest(request),
  })
}

export function sampleRegisteredNode(overrides: Partial<RegisteredNode> = {}): RegisteredNode {
  const said = { isCordoned: false, drainDeadlineMs: null, labels: {}, joinedAtMs: 1, lostAtMs: null }
  return { name: 'node-1', ledgerId: 'led-node-1', ...said, ...overrides }
}

export function sampleNode(overrides: Partial<NodeIntroduction> = {}): NodeIntroduction {
  const name = overrides.name ?? 'node-1'
  return {
    name,
    ledgerId: `led-${name}`,
    agentVersion: '0.1.0',
    address: '127.0.0.1',
    resources: { cpuMillis: 64_000, memoryBytes: 64 * 1024 * MIB, pods: 1_000 },
    runtimes: [{ name: 'process', isolation: 'none' }],
    labels: {},
    taints: [],
    ...overrides,
  }
}
