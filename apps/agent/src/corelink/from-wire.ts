/** The core's words in our own. Nothing but this room knows the wire. */
import { unreachable } from '@fornax/kernel/assert'
import type { ImageOrder } from '../runtime/runtime.ts'
import {
  VERSION_DEFAULTS,
  type ApplicationVersion,
  type ImagePullPolicy,
  type Liveness,
  type Probe,
  type Readiness,
} from '@fornax/node-model/application-version'
import type { Isolation } from '@fornax/node-model/isolation-rules'
import type { NodeCommand } from '@fornax/node-model/node-command'
import {
  ImagePullPolicy as WirePullPolicy,
  Isolation as WireIsolation,
  type Command,
  type CreatePod,
  type DefineApplicationVersion,
  type Liveness as WireLiveness,
  type PreloadImage,
  type Readiness as WireReadiness,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'

const READY_TIMEOUT_MS = 30_000

/** A command, or null when a newer core asks for something that this agent does not know. */
export function toCommand({ command }: Command): NodeCommand | null {
  if (command === undefined) return null
  switch (command.$case) {
    case 'defineApplicationVersion':
      return { kind: 'defineVersion', version: toVersion(command.value) }
    case 'forgetApplicationVersion':
      return { kind: 'forgetVersion', versionId: command.value.applicationVersionId }
    case 'createPod':
      return toCreatePod(command.value)
    case 'stopPod':
      return { kind: 'stopPod', ...command.value }
    case 'hibernatePod':
      return { kind: 'hibernatePod', ...command.value }
    case 'wakePod':
      return { kind: 'wakePod', podId: command.value.podId }
    case 'startSession':
      return { kind: 'startSession', ...command.value }
    case 'closeSession':
      return { kind: 'closeSession', ...command.value }
    case 'forgetSessions':
      return { kind: 'forgetSessions', sessionIds: command.value.sessionIds }
    case 'sendState':
      return { kind: 'sendState' }
    default:
      return unreachable(command)
  }
}

function toCreatePod({ podId, applicationVersionId: versionId, isWaitedFor, secrets }: CreatePod): NodeCommand {
  return { kind: 'createPod', podId, versionId, isWaitedFor, ...(secrets === undefined ? {} : { secrets }) }
}

/** An image that is wanted before a pod needs it. */
export function toImageOrder(wire: PreloadImage): ImageOrder & { readonly versionId: string } {
  const { applicationVersionId: versionId, image, credentials } = wire
  return { versionId, image, pullPolicy: PULL_POLICIES.get(wire.pullPolicy) ?? 'ifNotPresent', credentials }
}

function toVersion(wire: DefineApplicationVersion): ApplicationVersion {
  return {
    versionId: wire.applicationVersionId,
    applicationName: wire.applicationName,
    versionNumber: wire.versionNumber,
    image: wire.image,
    command: wire.command,
    args: wire.args,
    env: wire.env,
    ports: wire.ports,
    cpuMillis: wire.cpuMillis,
    memoryBytes: wire.memoryBytes,
    runtimeClass: wire.runtimeClass,
    minIsolation: ISOLATIONS.get(wire.minIsolation) ?? 'none',
    sessionsPerPod: Math.max(1, wire.sessionsPerPod),
    readiness: toReadiness(wire.readiness),
    usesSessionService: wire.usesSessionService,
    workingDirectory: wire.workingDirectory,
    ...(wire.files.length === 0 ? {} : { files: wire.files }),
    imagePullPolicy: PULL_POLICIES.get(wire.imagePullPolicy) ?? 'ifNotPresent',
    user: wire.user,
    hasWritableRoot: wire.hasWritableRoot,
    capabilities: wire.capabilities,
    ephemeralBytes: wire.ephemeralBytes,
    terminationGraceMs: wire.terminationGraceMs ?? VERSION_DEFAULTS.terminationGraceMs,
    liveness: toLiveness(wire.liveness),
  }
}

function toReadiness(wire: WireReadiness | undefined): Readiness {
  const { initialDelayMs = 0, periodMs = 0, timeoutMs = 0 } = wire ?? {}
  return { probe: toProbe(wire), initialDelayMs, periodMs, timeoutMs: timeoutMs === 0 ? READY_TIMEOUT_MS : timeoutMs }
}

function toProbe(wire: WireReadiness | undefined): Probe {
  return wire?.probe === undefined ? { kind: 'none' } : activeProbe(wire.probe)
}

function activeProbe(probe: NonNullable<WireReadiness['probe'] | WireLiveness['probe']>): Liveness['probe'] {
  if (probe.$case === 'exec') return { kind: 'exec', command: probe.value.command }
  if (probe.$case === 'tcp') return { kind: 'tcp', portName: probe.value.portName }
  return { kind: 'http', portName: probe.value.portName, path: probe.value.path === '' ? '/' : probe.value.path }
}

const PULL_POLICIES: ReadonlyMap<WirePullPolicy, ImagePullPolicy> = new Map([
  [WirePullPolicy.IMAGE_PULL_POLICY_ALWAYS, 'always'],
  [WirePullPolicy.IMAGE_PULL_POLICY_NEVER, 'never'],
])
function toLiveness(wire: WireLiveness | undefined): Liveness | null {
  if (wire?.probe === undefined) return null
  const { probe, initialDelayMs, periodMs, timeoutMs, failureThreshold } = wire
  return { probe: activeProbe(probe), initialDelayMs, periodMs, timeoutMs, failureThreshold }
}

const ISOLATIONS: ReadonlyMap<WireIsolation, Isolation> = new Map([
  [WireIsolation.ISOLATION_SIMULATED, 'simulated'],
  [WireIsolation.ISOLATION_NAMESPACE, 'namespace'],
  [WireIsolation.ISOLATION_CONTAINER, 'container'],
  [WireIsolation.ISOLATION_SANDBOX, 'sandbox'],
])
