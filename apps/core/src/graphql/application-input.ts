/** From the inputs of applications to the words of the core. What makes sense is for the core's rules to say. */
import type {
  Liveness,
  Probe,
  Readiness,
  ScalingPolicy,
  ScalingTarget,
  VersionSpec,
} from '../applications/application.ts'
import type { InputProblem } from '../applications/input-problem.ts'
import { defaultBurst } from '../applications/scaling-policy-rules.ts'
import { toProvision } from './provision-input.ts'
import type { PublishVersion } from './core-port.ts'
import type {
  ApplicationVersionInput,
  LivenessInput,
  PublishApplicationVersionInput,
  ReadinessInput,
  ScalingPolicyInput,
} from './generated/resolver-types.ts'

/** A value, or the field that keeps it from being one. */
export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problem: InputProblem }

/** An application that says nothing of scaling: no idle pods, at most ten. */
const DEFAULT_MAX_PODS = 10
const DEFAULT_RESOURCES = { cpuMillis: 100, memoryBytes: 128 * 1024 * 1024 }
const DEFAULT_READINESS = { initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000 }

export function toSpec(input: ApplicationVersionInput): Parsed<VersionSpec> {
  if (probesOf(input.readiness) > 1)
    return invalid('version.readiness', 'readiness has more than one of exec, http and tcp; set at most one of them')
  if (input.liveness && probesOf(input.liveness) !== 1)
    return invalid('version.liveness', 'liveness needs exactly one of exec, http and tcp')
  const names = new Set<string>()
  for (const [index, { name }] of (input.env ?? []).entries()) {
    if (names.has(name)) return invalid(`version.env[${index}].name`, `env name "${name.slice(0, 80)}" stands twice`)
    names.add(name)
  }
  const provision = toProvision(input)
  if (provision.kind === 'invalid') return provision
  const spec = specOf(input)
  return { kind: 'value', value: provision.value === null ? spec : { ...spec, provision: provision.value } }
}

export function toPolicy(input: ScalingPolicyInput | null | undefined): Parsed<ScalingPolicy> {
  if (!input) return { kind: 'value', value: DEFAULT_POLICY }
  const { minPods, maxPods, keepHot, scaleDownDelayMs, idleCount, idlePercent, wakeOnTraffic } = input
  if (idleCount && idlePercent)
    return invalid('scalingPolicy.idlePercent', 'idlePercent and idleCount are both set; set at most one of them')
  const target: ScalingTarget = idlePercent
    ? { kind: 'idlePercent', ...idlePercent }
    : { kind: 'idleCount', low: 0, high: 0, ...idleCount }
  const burst = input.burst ?? defaultBurst(maxPods)
  const hibernateAfterMs = input.hibernateAfterMs ?? null
  const rest = { keepHot, hibernateAfterMs, wakeOnTraffic }
  return { kind: 'value', value: { minPods, maxPods, burst, scaleDownDelayMs, target, ...rest } }
}

export function toVersionChange(input: PublishApplicationVersionInput): Parsed<PublishVersion['change']> {
  const { version, rollBackTo } = input
  const hasNumber = rollBackTo !== null && rollBackTo !== undefined
  if (version && hasNumber) return invalid('rollBackTo', 'version and rollBackTo are both set; set exactly one of them')
  if (hasNumber) return { kind: 'value', value: { kind: 'rollBack', toNumber: rollBackTo } }
  if (!version) return invalid('version', 'neither version nor rollBackTo is set; set exactly one of them')
  const spec = toSpec(version)
  return spec.kind === 'invalid' ? spec : { kind: 'value', value: { kind: 'spec', spec: spec.value } }
}

const DEFAULT_POLICY: ScalingPolicy = {
  minPods: 0,
  maxPods: DEFAULT_MAX_PODS,
  burst: defaultBurst(DEFAULT_MAX_PODS),
  scaleDownDelayMs: 0,
  target: { kind: 'idleCount', low: 0, high: 0 },
  keepHot: 0,
  hibernateAfterMs: null,
  wakeOnTraffic: false,
}

function specOf(input: ApplicationVersionInput): VersionSpec {
  const { image, minIsolation, sessionsPerPod, toleratesSimulated, usesSessionService } = input
  return {
    image,
    command: input.command ?? [],
    args: input.args ?? [],
    env: Object.fromEntries((input.env ?? []).map(({ name, value }) => [name, value])),
    workingDirectory: input.workingDirectory ?? null,
    ports: (input.ports ?? []).map(({ name, protocol, containerPort }) => ({ name, protocol, containerPort })),
    cpuMillis: input.resources?.cpuMillis ?? DEFAULT_RESOURCES.cpuMillis,
    memoryBytes: input.resources?.memoryBytes ?? DEFAULT_RESOURCES.memoryBytes,
    readiness: readinessOf(input.readiness),
    sessionsPerPod,
    usesSessionService,
    runtimeClass: input.runtimeClass ?? null,
    minIsolation,
    toleratesSimulated,
    user: input.user ?? null,
    hasWritableRoot: input.hasWritableRoot,
    capabilities: input.capabilities ?? [],
    ephemeralBytes: input.resources?.ephemeralBytes ?? null,
    terminationGraceMs: input.terminationGraceMs,
    liveness: livenessOf(input.liveness),
  }
}

type ProbeInputs = Pick<ReadinessInput | LivenessInput, 'exec' | 'http' | 'tcp'>

function probesOf(input: ProbeInputs | null | undefined): number {
  return [input?.exec, input?.http, input?.tcp].filter((probe) => probe).length
}

function probeOf({ exec, http, tcp }: ProbeInputs): Probe | null {
  if (exec) return { kind: 'exec', command: exec.command }
  if (http) return { kind: 'http', portName: http.portName, path: http.path }
  return tcp ? { kind: 'tcp', portName: tcp.portName } : null
}

function readinessOf(input: ReadinessInput | null | undefined): Readiness {
  if (!input) return { probe: { kind: 'none' }, ...DEFAULT_READINESS }
  const { initialDelayMs, periodMs, timeoutMs } = input
  return { probe: probeOf(input) ?? { kind: 'none' }, initialDelayMs, periodMs, timeoutMs }
}

function livenessOf(input: LivenessInput | null | undefined): Liveness | null {
  const probe = input ? probeOf(input) : null
  if (!input || probe === null) return null
  const { initialDelayMs, periodMs, timeoutMs, failureThreshold } = input
  return { probe, initialDelayMs, periodMs, timeoutMs, failureThreshold }
}

function invalid(field: string, message: string): Parsed<never> {
  return { kind: 'invalid', problem: { field, message } }
}
