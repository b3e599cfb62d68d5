/** What has to be done so that an application is as its manifest says. */
import { hash } from 'node:crypto'
import type {
  ApplicationFieldsFragment,
  ApplicationVersionInput,
  PolicyFieldsFragment,
  ScalingPolicyInput,
  VersionFieldsFragment,
} from '@fornax/client/generated/documents'
import type { Manifest } from './manifest.ts'

export type ApplyPlan =
  | { readonly kind: 'create' }
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'change'
      /** Null when that part is as it should be. */
      readonly version: ApplicationVersionInput | null
      readonly scalingPolicy: ScalingPolicyInput | null
      /** The revision that the change is made from. */
      readonly revision: number
    }

/** Compares what is asked for with what is there; null: there is none of that name. */
export function planApply(manifest: Manifest, current: ApplicationFieldsFragment | null): ApplyPlan {
  if (current === null) return { kind: 'create' }
  const isSameVersion = isSame(versionAsked(manifest.version), versionThere(current.version))
  const policy = manifest.scalingPolicy
  const isSamePolicy = policy === null || isSame(policyAsked(policy), policyThere(current.scalingPolicy))
  if (isSameVersion && isSamePolicy) return { kind: 'unchanged' }
  return {
    kind: 'change',
    version: isSameVersion ? null : manifest.version,
    scalingPolicy: isSamePolicy ? null : policy,
    revision: manifest.revision ?? current.revision,
  }
}

/** The API's defaults, so that leaving a field out is the same as writing its default. */
const DEFAULT_CPU_MILLIS = 100
const DEFAULT_MEMORY_BYTES = 128 * 2 ** 20
const DEFAULT_PERIOD_MS = 100
const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_TERMINATION_GRACE_MS = 5_000

function versionAsked(version: ApplicationVersionInput) {
  return {
    image: version.image,
    command: version.command ?? [],
    args: version.args ?? [],
    env: byName(version.env ?? []),
    workingDirectory: version.workingDirectory ?? null,
    ports: (version.ports ?? []).map(({ name, containerPort, protocol }) => [name, containerPort, protocol ?? 'HTTP']),
    resources: resourcesAsked(version),
    readiness: readinessAsked(version),
    sessionsPerPod: version.sessionsPerPod ?? 1,
    usesSessionService: version.usesSessionService ?? false,
    runtimeClass: version.runtimeClass ?? null,
    minIsolation: version.minIsolation ?? 'NONE',
    toleratesSimulated: version.toleratesSimulated ?? false,
    files: (version.files ?? []).map(({ path, content }) => [path, hash('sha256', content, 'hex')]),
    secrets: (version.secrets ?? []).map(({ secret, env, path }) => [secret, env ?? null, path ?? null]),
    imagePullPolicy: version.imagePullPolicy ?? 'IF_NOT_PRESENT',
    imagePullSecrets: version.imagePullSecrets ?? [],
    ...confinementAsked(version),
  }
}

function confinementAsked(version: ApplicationVersionInput) {
  return {
    liveness: livenessAsked(version),
    user: version.user ?? null,
    hasWritableRoot: version.hasWritableRoot ?? false,
    capabilities: version.capabilities ?? [],
    terminationGraceMs: version.terminationGraceMs ?? DEFAULT_TERMINATION_GRACE_MS,
  }
}

function resourcesAsked({ resources }: ApplicationVersionInput): readonly (number | null)[] {
  const { cpuMillis, memoryBytes, ephemeralBytes } = resources ?? {}
  return [cpuMillis ?? DEFAULT_CPU_MILLIS, memoryBytes ?? DEFAULT_MEMORY_BYTES, ephemeralBytes ?? null]
}

type Probed = readonly (string | number | null | readonly string[])[]

function readinessAsked({ readiness }: ApplicationVersionInput): Probed {
  const { initialDelayMs, periodMs, timeoutMs } = readiness ?? {}
  const times = [initialDelayMs ?? 0, periodMs ?? DEFAULT_PERIOD_MS, timeoutMs ?? DEFAULT_TIMEOUT_MS]
  return [...probeAsked(readiness), ...times]
}

function livenessAsked({ liveness }: ApplicationVersionInput): Probed | null {
  if (!liveness) return null
  const { initialDelayMs, periodMs, timeoutMs, failureThreshold } = liveness
  return [...probeAsked(liveness), initialDelayMs ?? 0, periodMs ?? 10_000, timeoutMs ?? 1_000, failureThreshold ?? 3]
}

type Probes = Pick<NonNullable<ApplicationVersionInput['readiness']>, 'exec' | 'http' | 'tcp'>

function probeAsked(probes: Probes | null | undefined): Probed {
  if (probes?.exec) return ['EXEC', null, null, probes.exec.command]
  if (probes?.http) return ['HTTP', probes.http.portName, probes.http.path ?? '/', []]
  return probes?.tcp ? ['TCP', probes.tcp.portName, null, []] : ['NONE', null, null, []]
}

type Asked = ReturnType<typeof versionAsked>

function versionThere(version: VersionFieldsFragment): Asked {
  const { resources } = version
  return {
    image: version.image,
    command: version.command,
    args: version.args,
    env: byName(version.env),
    workingDirectory: version.workingDirectory,
    ports: version.ports.map(({ name, containerPort, protocol }) => [name, containerPort, protocol]),
    resources: [resources.cpuMillis, resources.memoryBytes, resources.ephemeralBytes],
    readiness: readinessThere(version),
    sessionsPerPod: version.sessionsPerPod,
    usesSessionService: version.usesSessionService,
    runtimeClass: version.runtimeClass,
    minIsolation: version.minIsolation,
    toleratesSimulated: version.toleratesSimulated,
    files: version.files.map(({ path, sha256 }) => [path, sha256]),
    secrets: version.secrets.map(({ secret, env, path }) => [secret, env, path]),
    imagePullPolicy: version.imagePullPolicy,
    imagePullSecrets: version.imagePullSecrets,
    liveness: livenessThere(version),
    user: version.user,
    hasWritableRoot: version.hasWritableRoot,
    capabilities: version.capabilities,
    terminationGraceMs: version.terminationGraceMs,
  }
}

function readinessThere({ readiness }: VersionFieldsFragment): Probed {
  const { probe, portName, httpPath, command, initialDelayMs, periodMs, timeoutMs } = readiness
  return [probe, portName, httpPath, command, initialDelayMs, periodMs, timeoutMs]
}

function livenessThere({ liveness }: VersionFieldsFragment): Probed | null {
  if (liveness === null) return null
  const { probe, portName, httpPath, command, initialDelayMs, periodMs, timeoutMs, failureThreshold } = liveness
  return [probe, portName, httpPath, command, initialDelayMs, periodMs, timeoutMs, failureThreshold]
}

/** A target that is left out keeps no idle pods. */
const NO_TARGET = { low: 0, high: 0 }

function policyAsked(policy: ScalingPolicyInput) {
  return {
    minPods: policy.minPods ?? 0,
    maxPods: policy.maxPods,
    burst: policy.burst ?? Math.max(2, Math.floor(policy.maxPods / 10)),
    scaleDownDelayMs: policy.scaleDownDelayMs ?? 0,
    idleCount: policy.idlePercent ? null : rangeOf(policy.idleCount ?? NO_TARGET),
    idlePercent: policy.idlePercent ? rangeOf(policy.idlePercent) : null,
    keepHot: policy.keepHot ?? 0,
    hibernateAfterMs: policy.hibernateAfterMs ?? null,
    wakeOnTraffic: policy.wakeOnTraffic ?? false,
  }
}

function policyThere(policy: PolicyFieldsFragment): ReturnType<typeof policyAsked> {
  return {
    minPods: policy.minPods,
    maxPods: policy.maxPods,
    burst: policy.burst,
    scaleDownDelayMs: policy.scaleDownDelayMs,
    idleCount: policy.idlePercent === null ? rangeOf(policy.idleCount ?? NO_TARGET) : null,
    idlePercent: policy.idlePercent === null ? null : rangeOf(policy.idlePercent),
    keepHot: policy.keepHot,
    hibernateAfterMs: policy.hibernateAfterMs,
    wakeOnTraffic: policy.wakeOnTraffic,
  }
}

function rangeOf({ low, high }: { readonly low: number; readonly high: number }): readonly number[] {
  return [low, high]
}

/** Variables are a set: their order says nothing. */
function byName(env: readonly { readonly name: string; readonly value: string }[]): readonly (readonly string[])[] {
  return env.map(({ name, value }) => [name, value]).toSorted(([left = ''], [right = '']) => (left < right ? -1 : 1))
}

/** Both sides are made with their fields in the same order. */
function isSame(asked: object, there: object): boolean {
  return JSON.stringify(asked) === JSON.stringify(there)
}
