import { FakeCorePort } from './fake-core-port.ts'
import { aRequest } from './fake-objects.ts'

/** One of everything, all of it acme's. */
export function fullWorld(core = new FakeCorePort()) {
  const tenant = core.tenants.idOf('acme')
  core.fleet.putNode('one')
  const application = core.fleet.addApplication(tenant, 'hello')
  const failure = {
    message: 'no',
    lastLogLines: ['x'],
    failureCount: 1,
    sinceMs: 0,
    retryAtMs: null,
    isRollOutHalted: false,
  }
  const view = core.fleet.putApplication({
    definition: { ...application.definition, fallback: application.definition.version },
    counts: application.counts,
    waitingSessions: 0,
    openSessions: 1,
    idleMemoryBytes: 2 ** 30,
    failure: { kind: 'podFailed', ...failure },
  })
  const pod = core.fleet.addPod(application, {
    nodeName: 'one',
    usage: {
      cpuMillis: 1,
      memoryBytes: 2 ** 40,
      swappedBytes: 2 ** 33,
      receivedBytesPerSecond: 1,
      sentBytesPerSecond: 2,
    },
    hibernation: {
      depth: 'deep',
      residentBytesBefore: 2 ** 33,
      residentBytesAfter: 2 ** 20,
      swappedBytes: 2 ** 32,
      problem: 'it could be deeper',
      wakeUs: 1_500,
    },
    startPhases: { waitMs: 1, sandboxMs: 2, createMs: 3, startMs: 4, readyMs: 5 },
    failure: { kind: 'exited', message: 'gone', lastLogLines: ['bye'] },
  })
  const session = core.fleet.addSession(application, {
    createdAtMs: 1_000,
    phase: 'inUse',
    start: 'cold',
    podId: pod.id,
    nodeName: 'one',
    availableAtMs: 1_005,
    deadline: { atMs: 61_000, reason: 'idleTimeout' },
    request: aRequest({ labels: { b: '2', a: '1' } }),
    endpoints: [
      { name: 'web', protocol: 'http', host: '127.0.0.1', port: 20_001 },
      { name: 'raw', protocol: 'tcp', host: '::1', port: 20_002 },
    ],
    timeline: [
      { step: 'asked', atMs: 1_000 },
      { step: 'podTaken', atMs: 1_002 },
    ],
  })
  const busy = core.fleet.putPod({ ...pod, sessionIds: new Set([session.id]) })
  const token = [...core.tenants.tokens()][0]?.id ?? ''
  const ids = { session: session.id, pod: pod.id, application: view.definition.id, tenant, token }
  return { core, ids, objects: { session, pod: busy, application: view } }
}
