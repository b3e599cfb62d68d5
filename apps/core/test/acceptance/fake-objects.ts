/** Objects of the core as tests need them: complete, and different where a test says so. */
import { newId } from '@fornax/kernel/ids'
import { SPEC_DEFAULTS, type ScalingPolicy, type VersionSpec } from '../../src/applications/application.ts'
import type { NodeView } from '../../src/fleet/views.ts'
import type { Session, SessionRequest } from '../../src/sessions/session.ts'

export function toAvailable(was: Session, atMs: number): Session {
  const endpoints = [{ name: 'web', protocol: 'http', host: '127.0.0.1', port: 20_000 }] as const
  const timeline = [...was.timeline, { step: 'available', atMs }] as const
  return { ...was, phase: 'available', start: 'warm', podId: newId('pod'), endpoints, availableAtMs: atMs, timeline }
}

export function aSession(given: Partial<Session>): Session {
  const createdAtMs = given.createdAtMs ?? 0
  return {
    id: newId('ses'),
    tenantId: 'ten-0',
    applicationId: 'app-0',
    applicationName: 'hello',
    createdAtMs,
    request: aRequest(),
    phase: 'available',
    podId: null,
    nodeName: null,
    versionNumber: 1,
    grantEpoch: null,
    start: null,
    endpoints: [],
    clientCount: 0,
    deadline: null,
    closeReason: null,
    closeMessage: null,
    availableAtMs: null,
    closedAtMs: null,
    timeline: [{ step: 'asked', atMs: createdAtMs }],
    ...given,
  }
}

export function aRequest(given: Partial<SessionRequest> = {}): SessionRequest {
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
    ...given,
  }
}

export function aSpec(): VersionSpec {
  return {
    image: 'host',
    command: ['serve'],
    args: [],
    env: { B: '2', A: '1' },
    workingDirectory: null,
    ports: [{ name: 'web', protocol: 'http', containerPort: 80 }],
    cpuMillis: 100,
    memoryBytes: 2 ** 27,
    sessionsPerPod: 1,
    usesSessionService: false,
    runtimeClass: null,
    readiness: {
      probe: { kind: 'http', portName: 'web', path: '/' },
      initialDelayMs: 0,
      periodMs: 100,
      timeoutMs: 30_000,
    },
    minIsolation: 'none',
    ...SPEC_DEFAULTS,
    toleratesSimulated: false,
  }
}

export function aPolicy(): ScalingPolicy {
  const target = { kind: 'idleCount', low: 1, high: 2 } as const
  return {
    minPods: 0,
    maxPods: 5,
    burst: 2,
    scaleDownDelayMs: 0,
    target,
    keepHot: 0,
    hibernateAfterMs: null,
    wakeOnTraffic: false,
  }
}

export const NO_PODS = { pending: 0, creating: 0, standby: 0, hibernated: 0, active: 0, terminating: 0 }

export function anIntroduction(name: string): NodeView['introduction'] {
  return {
    name,
    ledgerId: 'led-0',
    agentVersion: '0.1.0',
    address: '127.0.0.1',
    labels: { zone: 'a' },
    taints: [],
    resources: { cpuMillis: 2_000, memoryBytes: 2 ** 33, pods: 100 },
    runtimes: [{ name: 'process', isolation: 'none' }],
  }
}
