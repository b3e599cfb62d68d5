/** The core's words into the agent's. */
import { unreachable } from '@fornax/kernel/assert'
import type {
  Command,
  CreatePod,
  DefineApplicationVersion,
  Liveness,
  PodSecrets as WirePodSecrets,
  PreloadImage,
  Readiness,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { ImagePullPolicy, Isolation } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type {
  ApplicationVersion,
  Isolation as DomainIsolation,
  Liveness as DomainLiveness,
  Probe,
} from '../applications/application.ts'
import type { ImagePullPolicy as DomainPullPolicy } from '../applications/provision.ts'
import type { PreloadOrder } from '../images/image-preloader.ts'
import type { PodSecrets } from '../secrets/pod-secrets.ts'
import type { NodeCommand } from '../fleet/node-command.ts'

/** `nowMs` turns deadlines into what is left of them: clocks of two machines are not compared. */
export function toWire(command: NodeCommand, { nowMs, secretsOf }: WireFacts): Command {
  return { command: bodyOf(command, { nowMs, secretsOf }) }
}

/** What the wire needs beside a command. */
export type WireFacts = {
  readonly nowMs: number
  /** The values for a pod of a version, opened at the last moment and kept nowhere; null: it has none. */
  readonly secretsOf: (versionId: string) => PodSecrets | null
}

function bodyOf(command: NodeCommand, { nowMs, secretsOf }: WireFacts): NonNullable<Command['command']> {
  switch (command.kind) {
    case 'defineVersion':
      return { $case: 'defineApplicationVersion', value: versionToWire(command.version, command.applicationName) }
    case 'createPod':
      return { $case: 'createPod', value: createToWire(command, secretsOf(command.versionId)) }
    case 'hibernatePod':
      return { $case: 'hibernatePod', value: { podId: command.podId, deeperAfterMs: command.deeperAfterMs } }
    case 'wakePod':
      return { $case: 'wakePod', value: { podId: command.podId } }
    case 'stopPod':
      return { $case: 'stopPod', value: { podId: command.podId, graceMs: command.graceMs } }
    case 'startSession': {
      const { sessionId, podId, grantEpoch, data, env, killPod, dozeAfterMs } = command
      const remainingOpenTimeoutMs = Math.max(0, command.openDeadlineMs - nowMs)
      const order = { data: Buffer.from(data), env: { ...env }, killPod, dozeAfterMs }
      return { $case: 'startSession', value: { sessionId, podId, grantEpoch, remainingOpenTimeoutMs, ...order } }
    }
    case 'closeSession': {
      const { sessionId, graceMs, killPod } = command
      return { $case: 'closeSession', value: { sessionId, graceMs, killPod } }
    }
    case 'forgetSessions':
      return { $case: 'forgetSessions', value: { sessionIds: [...command.sessionIds] } }
    case 'forgetVersion':
      return { $case: 'forgetApplicationVersion', value: { applicationVersionId: command.versionId } }
    case 'sendState':
      return { $case: 'sendState', value: {} }
    default:
      return unreachable(command)
  }
}

function createToWire(command: Extract<NodeCommand, { kind: 'createPod' }>, secrets: PodSecrets | null): CreatePod {
  const { podId, versionId, isWaitedFor } = command
  return { podId, applicationVersionId: versionId, isWaitedFor, secrets: secretsToWire(secrets) }
}

function versionToWire({ id, number, spec }: ApplicationVersion, applicationName: string): DefineApplicationVersion {
  return {
    applicationVersionId: id,
    image: spec.image,
    command: [...spec.command],
    args: [...spec.args],
    env: { ...spec.env },
    ports: spec.ports.map(({ name, protocol, containerPort }) => ({ name, protocol, containerPort })),
    cpuMillis: spec.cpuMillis,
    memoryBytes: spec.memoryBytes,
    runtimeClass: spec.runtimeClass ?? '',
    sessionsPerPod: spec.sessionsPerPod,
    readiness: readinessToWire(spec.readiness),
    usesSessionService: spec.usesSessionService,
    minIsolation: ISOLATIONS[spec.minIsolation],
    workingDirectory: spec.workingDirectory ?? '',
    applicationName,
    versionNumber: number,
    files: (spec.provision?.files ?? []).map(({ path, content }) => ({ path, content })),
    imagePullPolicy: PULL_POLICIES[spec.provision?.imagePullPolicy ?? 'ifNotPresent'],
    user: spec.user ?? '',
    hasWritableRoot: spec.hasWritableRoot,
    capabilities: [...spec.capabilities],
    ephemeralBytes: spec.ephemeralBytes ?? 0,
    terminationGraceMs: spec.terminationGraceMs,
    liveness: spec.liveness === null ? undefined : livenessToWire(spec.liveness),
  }
}

function readinessToWire({ probe, ...times }: ApplicationVersion['spec']['readiness']): Readiness {
  const { initialDelayMs, periodMs, timeoutMs } = times
  return { initialDelayMs, periodMs, timeoutMs, probe: probe.kind === 'none' ? undefined : probeToWire(probe) }
}

function livenessToWire({ probe, ...times }: DomainLiveness): Liveness {
  const { initialDelayMs, periodMs, timeoutMs, failureThreshold } = times
  return { initialDelayMs, periodMs, timeoutMs, failureThreshold, probe: probeToWire(probe) }
}

function probeToWire(probe: Probe): NonNullable<Liveness['probe']> {
  switch (probe.kind) {
    case 'http':
      return { $case: 'http', value: { portName: probe.portName, path: probe.path } }
    case 'tcp':
      return { $case: 'tcp', value: { portName: probe.portName } }
    case 'exec':
      return { $case: 'exec', value: { command: [...probe.command] } }
    default:
      return unreachable(probe)
  }
}

const ISOLATIONS: Readonly<Record<DomainIsolation, Isolation>> = {
  none: Isolation.ISOLATION_NONE,
  simulated: Isolation.ISOLATION_SIMULATED,
  namespace: Isolation.ISOLATION_NAMESPACE,
  container: Isolation.ISOLATION_CONTAINER,
  sandbox: Isolation.ISOLATION_SANDBOX,
}

/** An image that a node shall have before a pod needs it. */
export function preloadToWire({ versionId, image, isAlways, credentials }: PreloadOrder): PreloadImage {
  const pullPolicy = PULL_POLICIES[isAlways ? 'always' : 'ifNotPresent']
  return { applicationVersionId: versionId, image, pullPolicy, credentials: credentials.map((each) => ({ ...each })) }
}

function secretsToWire(secrets: PodSecrets | null): WirePodSecrets | undefined {
  if (secrets === null) return undefined
  return {
    env: { ...secrets.env },
    files: secrets.files.map(({ path, content }) => ({ path, content: Buffer.from(content) })),
    credentials: secrets.credentials.map((each) => ({ ...each })),
    problem: secrets.problem,
  }
}

const PULL_POLICIES: Readonly<Record<DomainPullPolicy, ImagePullPolicy>> = {
  ifNotPresent: ImagePullPolicy.IMAGE_PULL_POLICY_UNSPECIFIED,
  always: ImagePullPolicy.IMAGE_PULL_POLICY_ALWAYS,
  never: ImagePullPolicy.IMAGE_PULL_POLICY_NEVER,
}
