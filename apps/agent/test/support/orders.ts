/** Commands and application versions, as tests need them. */
import { Isolation, type DefineApplicationVersion, type PodSecrets } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { Order } from './fake-core.ts'

export type VersionChange = Partial<DefineApplicationVersion>

export function define(applicationVersionId: string, change: VersionChange = {}): Order {
  return { $case: 'defineApplicationVersion', value: { ...PLAIN, ...change, applicationVersionId } }
}

export function createPod(podId: string, applicationVersionId: string, secrets?: PodSecrets): Order {
  return { $case: 'createPod', value: { podId, applicationVersionId, isWaitedFor: false, secrets } }
}

export function stopPod(podId: string, graceMs = 2_000): Order {
  return { $case: 'stopPod', value: { podId, graceMs } }
}

type Start = {
  readonly sessionId: string
  readonly podId: string
  readonly grantEpoch?: number
  readonly data?: Buffer
  readonly killPod?: boolean
  readonly dozeAfterMs?: number
}

export function startSession(start: Start): Order {
  const { sessionId, podId, grantEpoch = nextGrant(), data = Buffer.alloc(0) } = start
  const { killPod = false, dozeAfterMs = 0 } = start
  const value = { sessionId, podId, grantEpoch, remainingOpenTimeoutMs: 10_000, data, env: {}, killPod, dozeAfterMs }
  return { $case: 'startSession', value }
}

export function closeSession(sessionId: string, { graceMs = 5_000, killPod = false } = {}): Order {
  return { $case: 'closeSession', value: { sessionId, graceMs, killPod } }
}

export function forgetSessions(...sessionIds: string[]): Order {
  return { $case: 'forgetSessions', value: { sessionIds } }
}

/** A command of one line of JavaScript. */
export function script(source: string): Pick<DefineApplicationVersion, 'command' | 'args'> {
  return { command: [process.execPath], args: ['-e', source] }
}

/** A command of a file beside the tests. */
export function program(name: string): Pick<DefineApplicationVersion, 'command' | 'args'> {
  return { command: [process.execPath], args: [`${import.meta.dirname}/../pods/${name}`] }
}

/** Answers every request with its port's name; ready when it listens. */
export const HTTP_SERVER: VersionChange = {
  ...script(
    `for (const [name, port] of Object.entries(process.env)) if (name.startsWith('FORNAX_PORT_'))
       require('node:http').createServer((_, answer) => answer.end(name)).listen(Number(port), '127.0.0.1')`,
  ),
  ports: [{ name: 'web', protocol: 'http', containerPort: 8080 }],
  readiness: {
    probe: { $case: 'http', value: { portName: 'web', path: '/' } },
    initialDelayMs: 0,
    periodMs: 50,
    timeoutMs: 15_000,
  },
}

/** Speaks with the agent through the SDK; its session's data say how to behave. */
export const SESSION_POD: VersionChange = { ...program('session-pod.ts'), usesSessionService: true }

const PLAIN: DefineApplicationVersion = {
  applicationVersionId: '',
  image: 'host',
  ...script(`setInterval(() => {}, 1e6)`),
  env: {},
  ports: [],
  cpuMillis: 100,
  memoryBytes: 64 * 1024 * 1024,
  runtimeClass: '',
  sessionsPerPod: 1,
  readiness: undefined,
  usesSessionService: false,
  files: [],
  imagePullPolicy: 0,
  minIsolation: Isolation.ISOLATION_NONE,
  workingDirectory: '',
  user: '',
  hasWritableRoot: false,
  capabilities: [],
  ephemeralBytes: 0,
  terminationGraceMs: undefined,
  liveness: undefined,
  applicationName: 'demo',
  versionNumber: 1,
}

let grants = 0

function nextGrant(): number {
  grants += 1
  return grants
}
