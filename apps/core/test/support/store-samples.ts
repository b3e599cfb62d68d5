/** Applications and sessions to store, every field of them different from its neighbours. */
import { type Application, type ApplicationVersion } from '../../src/applications/application.ts'
import type { Session } from '../../src/sessions/session.ts'
import { sampleTenant } from './sample-tenants.ts'

export const TENANT = sampleTenant({ id: 'ten-0000000000000001', name: 'default', createdAtMs: 1_700_000_000_001 })
export const OTHER_TENANT = sampleTenant({ id: 'ten-0000000000000002', name: 'other', createdAtMs: 1_700_000_000_002 })

export function version(number: number, of = 'app-0000000000000001'): ApplicationVersion {
  return {
    id: `ver-${of.slice(-4)}-${number}`,
    applicationId: of,
    number,
    createdAtMs: 1_700_000_000_100 + number,
    spec: {
      image: `hello:${number}`,
      command: ['/bin/hello', '--flag="ü"'],
      args: [],
      env: { B: '2', A: '1', '': 'no name', 'fornax.dev/x': '"quoted" \\ and \n lines' },
      workingDirectory: null,
      ports: [
        { name: 'http', protocol: 'http', containerPort: 8_080 },
        { name: 'game', protocol: 'udp', containerPort: 65_535 },
      ],
      cpuMillis: 250,
      memoryBytes: 8 * 2 ** 40,
      readiness: {
        probe: { kind: 'http', portName: 'http', path: '/ready' },
        initialDelayMs: 0,
        periodMs: 100,
        timeoutMs: 30_000,
      },
      sessionsPerPod: 1,
      usesSessionService: true,
      runtimeClass: 'gvisor',
      minIsolation: 'namespace',
      toleratesSimulated: false,
      user: 'player:games',
      hasWritableRoot: true,
      capabilities: ['CHOWN', 'SETUID'],
      ephemeralBytes: 2 ** 40,
      terminationGraceMs: 7_000,
      liveness: {
        probe: { kind: 'exec', command: ['/bin/check', '--flag="ü"'] },
        initialDelayMs: 1,
        periodMs: 2,
        timeoutMs: 3,
        failureThreshold: 4,
      },
    },
  }
}

export function application(overrides: Partial<Application> = {}): Application {
  return {
    id: 'app-0000000000000001',
    tenantId: TENANT.id,
    name: 'hello',
    revision: 1,
    createdAtMs: 1_700_000_000_010,
    scalingPolicy: {
      minPods: 1,
      maxPods: 300,
      burst: 2.5,
      scaleDownDelayMs: 5_000_000_000,
      target: { kind: 'idleCount', low: 3, high: 5 },
      keepHot: 2,
      hibernateAfterMs: null,
      wakeOnTraffic: true,
    },
    version: version(1),
    fallback: null,
    isProven: false,
    ...overrides,
  }
}

export function session(id: string, overrides: Partial<Session> = {}): Session {
  return {
    id,
    tenantId: TENANT.id,
    applicationId: 'app-0000000000000001',
    applicationName: 'hello',
    createdAtMs: 1_700_000_001_000,
    request: {
      openTimeoutMs: 10_000,
      closeGraceMs: 60_000,
      killPodOnClose: true,
      idleTimeoutMs: null,
      maxLifetimeMs: 3_600_000,
      data: new Uint8Array(),
      env: { PLAYER: 'ada' },
      labels: { team: 'red', 'fornax.dev/"odd"': "it's" },
      idempotency: null,
    },
    phase: 'pending',
    podId: null,
    nodeName: null,
    versionNumber: null,
    grantEpoch: null,
    start: null,
    endpoints: [],
    clientCount: 0,
    deadline: { atMs: 1_700_000_011_000, reason: 'openTimedOut' },
    closeReason: null,
    closeMessage: null,
    availableAtMs: null,
    closedAtMs: null,
    timeline: [{ step: 'asked', atMs: 1_700_000_001_000 }],
    ...overrides,
  }
}

/** The same session, in use. */
export function inUse(given: Session): Session {
  return {
    ...given,
    phase: 'inUse',
    podId: 'pod-1',
    nodeName: 'node-1',
    versionNumber: 3,
    grantEpoch: 2 ** 40,
    start: 'warm',
    endpoints: [
      { name: 'http', protocol: 'http', host: '127.0.0.1', port: 20_000 },
      { name: 'game', protocol: 'udp', host: '::1', port: 29_999 },
    ],
    clientCount: 7,
    deadline: null,
    availableAtMs: 1_700_000_001_005,
    timeline: [
      ...given.timeline,
      { step: 'podTaken', atMs: 1_700_000_001_001 },
      { step: 'available', atMs: 1_700_000_001_005 },
    ],
  }
}

/** The same session, closed. */
export function closed(given: Session): Session {
  return {
    ...given,
    phase: 'closed',
    clientCount: 0,
    deadline: null,
    closeReason: 'exited',
    closeMessage: 'the process ended with code 1',
    closedAtMs: 1_700_000_002_000,
    timeline: [...given.timeline, { step: 'closed', atMs: 1_700_000_002_000 }],
  }
}
