/** Which applications and versions make sense. */
import type { Liveness, Port, Probe, Readiness, VersionSpec } from './application.ts'
import type { InputProblem } from './input-problem.ts'
import { provisionProblem } from './provision.ts'

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const PORTS_MAX = 16
const ENV_MAX = 256
const ENV_BYTES_MAX = 64 * 1024
const ARGS_MAX = 256

/** Whether a name can be a host's, and so a resource's. */
export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name)
}

/** Null when the name can be an application's, a tenant's or a node's. */
export function nameProblem(field: string, name: string): InputProblem | null {
  if (isDnsLabel(name)) return null
  const message = `${field} "${name.slice(0, 80)}" is not a DNS label: use 1 to 63 lower-case letters, digits and dashes, with a letter or digit at both ends`
  return { field, message }
}

/** The first thing that is wrong with a spec; null when nothing is. Fields are below `version`. */
export function specProblem(spec: VersionSpec): InputProblem | null {
  return (
    imageProblem(spec) ??
    argumentsProblem(spec) ??
    folderProblem(spec.workingDirectory) ??
    envProblem(spec.env) ??
    portsProblem(spec.ports) ??
    resourcesProblem(spec) ??
    confinementProblem(spec) ??
    readinessProblem(spec) ??
    livenessProblem(spec) ??
    hostProblem(spec) ??
    provisionProblem(spec.provision, spec.env)
  )
}

function imageProblem({ image, command }: VersionSpec): InputProblem | null {
  if (image.trim() === '') return problem('image', 'is empty; name an OCI image, or "host"')
  if (image.length > 512) return problem('image', 'is longer than 512 characters')
  if (hasNul(image)) return problem('image', 'holds a NUL character')
  if (image !== 'host' || command.length > 0) return null
  return problem('command', 'is empty; with the image "host", say what to run')
}

function argumentsProblem(spec: VersionSpec): InputProblem | null {
  if (spec.command.length > ARGS_MAX) return problem('command', `has more than ${ARGS_MAX} words`)
  if (spec.args.length > ARGS_MAX) return problem('args', `has more than ${ARGS_MAX} words`)
  const field = spec.command.some(hasNul) ? 'command' : spec.args.some(hasNul) ? 'args' : null
  return field === null ? null : problem(field, 'holds a NUL character')
}

function folderProblem(folder: string | null): InputProblem | null {
  if (folder === null) return null
  if (!folder.startsWith('/')) return problem('workingDirectory', `"${folder.slice(0, 80)}" must begin with /`)
  return hasNul(folder) ? problem('workingDirectory', 'holds a NUL character') : null
}

function hasNul(text: string): boolean {
  return text.includes('\0')
}

function envProblem(env: Readonly<Record<string, string>>): InputProblem | null {
  const entries = Object.entries(env)
  if (entries.length > ENV_MAX) return problem('env', `has more than ${ENV_MAX} variables`)
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0)
  if (bytes > ENV_BYTES_MAX) return problem('env', `is larger than ${ENV_BYTES_MAX} bytes`)
  for (const [name, value] of entries) {
    if (!ENV_NAME.test(name)) return problem('env', `has a variable "${name}"; names are letters, digits and _`)
    if (hasNul(value)) return problem('env', `${name} holds a NUL character`)
  }
  return null
}

function portsProblem(ports: readonly Port[]): InputProblem | null {
  if (ports.length > PORTS_MAX) return problem('ports', `has more than ${PORTS_MAX} ports`)
  for (const [index, port] of ports.entries()) {
    const path = `ports[${index}]`
    const isPort = Number.isInteger(port.containerPort) && port.containerPort >= 1 && port.containerPort <= 65_535
    if (!isPort) return problem(`${path}.containerPort`, `is ${port.containerPort}; a port from 1 to 65535 is needed`)
    if (!isDnsLabel(port.name)) return problem(`${path}.name`, `"${port.name}" is not a DNS label`)
    const earlier = ports.slice(0, index)
    if (earlier.some((other) => other.name === port.name))
      return problem(`${path}.name`, `"${port.name}" stands twice; each port needs a name of its own`)
    if (earlier.some((other) => other.containerPort === port.containerPort && isUdp(other) === isUdp(port)))
      return problem(`${path}.containerPort`, `${port.containerPort} stands twice`)
  }
  return null
}

function isUdp(port: Port): boolean {
  return port.protocol === 'udp'
}

function resourcesProblem({ cpuMillis, memoryBytes, sessionsPerPod }: VersionSpec): InputProblem | null {
  if (!(Number.isInteger(cpuMillis) && cpuMillis >= 1 && cpuMillis <= 1_000_000))
    return problem('resources.cpuMillis', `is ${cpuMillis}; 1 to 1000000 thousandths of a CPU are needed`)
  if (!(Number.isSafeInteger(memoryBytes) && memoryBytes >= 1024 * 1024 && memoryBytes <= 2 ** 44))
    return problem('resources.memoryBytes', `is ${memoryBytes}; at least 1 MiB (1048576) and at most 16 TiB are needed`)
  if (!(Number.isInteger(sessionsPerPod) && sessionsPerPod >= 1 && sessionsPerPod <= 10_000))
    return problem('sessionsPerPod', `is ${sessionsPerPod}; 1 to 10000 are possible`)
  return null
}

/**
 * What a command may keep of what root may do inside its own container. With any other a pod could leave its container,
 * or send packets in the name of another pod.
 */
const CAPABILITIES: readonly string[] = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,62})?$/
const MIB = 1024 * 1024

function confinementProblem(spec: VersionSpec): InputProblem | null {
  const { user, capabilities, ephemeralBytes, memoryBytes, terminationGraceMs } = spec
  if (user !== null && !USER.test(user))
    return problem('user', `"${user.slice(0, 80)}" is no user; write a name or a number, or either with ":group"`)
  const strange = capabilities.find((name) => !CAPABILITIES.includes(name))
  if (strange !== undefined)
    return problem('capabilities', `"${strange.slice(0, 80)}" cannot be kept; possible are ${CAPABILITIES.join(', ')}`)
  if (new Set(capabilities).size < capabilities.length) return problem('capabilities', 'names one of them twice')
  if (ephemeralBytes !== null && !isWithin(ephemeralBytes, MIB, memoryBytes))
    return problem('resources.ephemeralBytes', `is ${ephemeralBytes}; 1 MiB to memoryBytes, of which it is a part`)
  if (!isWithin(terminationGraceMs, 0, 600_000)) return problem('terminationGraceMs', 'must be 0 to 600000')
  return null
}

function readinessProblem(spec: VersionSpec): InputProblem | null {
  const { probe, initialDelayMs, periodMs, timeoutMs } = spec.readiness
  if (spec.runtimeClass !== null && !isDnsLabel(spec.runtimeClass))
    return problem(
      'runtimeClass',
      `"${spec.runtimeClass}" is not a runtime's name; leave it out for the best of the node`,
    )
  if (!isWithin(initialDelayMs, 0, 600_000)) return problem('readiness.initialDelayMs', 'must be 0 to 600000')
  if (!isWithin(periodMs, 10, 60_000)) return problem('readiness.periodMs', 'must be 10 to 60000')
  if (!isWithin(timeoutMs, 100, 600_000)) return problem('readiness.timeoutMs', 'must be 100 to 600000')
  return probe.kind === 'none' ? null : probeProblem('readiness', probe, spec.ports)
}

function livenessProblem({ liveness, ports }: VersionSpec): InputProblem | null {
  if (liveness === null) return null
  const bounds: readonly (readonly [Exclude<keyof Liveness, 'probe'>, number, number])[] = [
    ['initialDelayMs', 0, 600_000],
    ['periodMs', 100, 600_000],
    ['timeoutMs', 10, 60_000],
    ['failureThreshold', 1, 100],
  ]
  for (const [name, least, most] of bounds)
    if (!isWithin(liveness[name], least, most)) return problem(`liveness.${name}`, `must be ${least} to ${most}`)
  return probeProblem('liveness', liveness.probe, ports)
}

function probeProblem(field: string, probe: Probe, ports: readonly Port[]): InputProblem | null {
  if (probe.kind === 'exec') {
    if (probe.command.length === 0) return problem(`${field}.exec.command`, 'is empty; say what to run')
    if (probe.command.length > ARGS_MAX) return problem(`${field}.exec.command`, `has more than ${ARGS_MAX} words`)
    return probe.command.some(hasNul) ? problem(`${field}.exec.command`, 'holds a NUL character') : null
  }
  if (probe.kind === 'http' && !probe.path.startsWith('/'))
    return problem(`${field}.http.path`, `"${probe.path}" must begin with /`)
  const port = ports.find((one) => one.name === probe.portName)
  if (port === undefined)
    return problem(`${field}.${probe.kind}.portName`, `"${probe.portName}" is none of the version's ports`)
  return isUdp(port) ? problem(`${field}.${probe.kind}.portName`, 'is a UDP port, which cannot be probed') : null
}

/** What only containers can do. */
function hostProblem(spec: VersionSpec): InputProblem | null {
  if (spec.image !== 'host') return null
  const why = 'cannot be had with the image "host": it takes an OCI image, on a node with containerd'
  if (spec.user !== null) return problem('user', why)
  if (spec.hasWritableRoot) return problem('hasWritableRoot', why)
  if (spec.capabilities.length > 0) return problem('capabilities', why)
  if (isExec(spec.readiness.probe)) return problem('readiness.exec', why)
  return spec.liveness !== null && isExec(spec.liveness.probe) ? problem('liveness.exec', why) : null
}

function isExec(probe: Readiness['probe']): boolean {
  return probe.kind === 'exec'
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function problem(field: string, what: string): InputProblem {
  return { field: `version.${field}`, message: `${field} ${what}` }
}
