/** What to run, as a person typed it, and as the API takes it. Pure. */
import type { ApplicationVersionInput, Isolation, VersionFactsFragment } from '../graphql/generated/documents.ts'
import type { FormProblems, FormVerdict } from './typed-form.ts'

export const ISOLATIONS: readonly Isolation[] = ['NONE', 'SIMULATED', 'NAMESPACE', 'CONTAINER', 'SANDBOX']
export const PROBES = ['none', 'http', 'tcp'] as const
export type Probe = (typeof PROBES)[number]

/** The form as it was typed. */
export type TypedVersion = {
  readonly image: string
  readonly command: string
  readonly args: string
  /** `NAME=value`, one per line. */
  readonly env: string
  /** `web 8080` or `game 7777 udp`, one per line. */
  readonly ports: string
  readonly cpus: string
  readonly memoryMib: string
  readonly sessionsPerPod: string
  readonly probe: Probe
  readonly probePort: string
  readonly probePath: string
  readonly minIsolation: Isolation
  readonly usesSessionService: boolean
  readonly toleratesSimulated: boolean
}

export type VersionProblems = FormProblems<TypedVersion>
export type VersionVerdict = FormVerdict<TypedVersion, ApplicationVersionInput>

export const NEW_VERSION: TypedVersion = {
  image: '',
  command: '',
  args: '',
  env: '',
  ports: 'web 8080',
  cpus: '0.1',
  memoryMib: '128',
  sessionsPerPod: '1',
  probe: 'http',
  probePort: '',
  probePath: '/',
  minIsolation: 'NONE',
  usesSessionService: false,
  toleratesSimulated: false,
}

const BYTES_PER_MIB = 1_024 * 1_024

/** A version that there is, as it would have been typed. */
export function typedVersionOf(version: VersionFactsFragment): TypedVersion {
  const { readiness, ports } = version
  return {
    image: version.image,
    command: version.command.map(quoted).join(' '),
    args: version.args.map(quoted).join(' '),
    env: version.env.map(({ name, value }) => `${name}=${value}`).join('\n'),
    ports: ports
      .map(({ name, containerPort, protocol }) => `${name} ${containerPort} ${protocol.toLowerCase()}`)
      .join('\n'),
    cpus: String(version.resources.cpuMillis / 1_000),
    memoryMib: String(version.resources.memoryBytes / BYTES_PER_MIB),
    sessionsPerPod: String(version.sessionsPerPod),
    probe: readiness.probe === 'HTTP' ? 'http' : readiness.probe === 'TCP' ? 'tcp' : 'none',
    probePort: readiness.portName ?? '',
    probePath: readiness.httpPath ?? '/',
    minIsolation: version.minIsolation,
    usesSessionService: version.usesSessionService,
    toleratesSimulated: version.toleratesSimulated,
  }
}

/** The input, or what is wrong with each field. The API checks everything once more. */
export function toVersionInput(typed: TypedVersion): VersionVerdict {
  const parts = partsOf(typed)
  const { ports, env, command, args } = parts
  const problems = { ...problemsOfLists(parts), ...problemsOfNumbers(typed) }
  if (typed.image.trim() === '') problems.image = 'Name an image, or write host for the node’s own root file system.'
  const probePort = typed.probePort.trim() || (ports?.[0]?.name ?? '')
  if (typed.probe !== 'none' && probePort === '' && ports !== null) problems.probe = 'A probe needs a port.'
  if (ports === null || env === null || command === null || args === null || Object.keys(problems).length > 0)
    return { kind: 'problems', problems }
  return {
    kind: 'input',
    input: {
      image: typed.image.trim(),
      ...givenLists({ ports, env, command, args }),
      resources: {
        cpuMillis: Math.max(1, Math.round(Number(typed.cpus) * 1_000)),
        memoryBytes: Math.round(Number(typed.memoryMib) * BYTES_PER_MIB),
      },
      sessionsPerPod: Number(typed.sessionsPerPod),
      minIsolation: typed.minIsolation,
      usesSessionService: typed.usesSessionService,
      toleratesSimulated: typed.toleratesSimulated,
      ...readinessOf(typed, probePort),
    },
  }
}

/** What a field of several lines or words says; null: it cannot be read. */
type Parts = {
  readonly ports: PortInput[] | null
  readonly env: { name: string; value: string }[] | null
  readonly command: string[] | null
  readonly args: string[] | null
}

function partsOf(typed: TypedVersion): Parts {
  return {
    ports: parsePorts(typed.ports),
    env: parseEnv(typed.env),
    command: splitWords(typed.command),
    args: splitWords(typed.args),
  }
}

function problemsOfLists({ ports, env, command, args }: Parts): VersionProblems {
  const problems: VersionProblems = {}
  if (ports === null) problems.ports = 'One port per line: its name, its number, and udp or tcp where it is not HTTP.'
  if (env === null) problems.env = 'One NAME=value per line.'
  if (command === null) problems.command = 'A quote is not closed.'
  if (args === null) problems.args = 'A quote is not closed.'
  return problems
}

function problemsOfNumbers({ cpus, memoryMib, sessionsPerPod }: TypedVersion): VersionProblems {
  const problems: VersionProblems = {}
  if (!isPositive(cpus)) problems.cpus = 'A number of CPUs above 0, as in 0.25.'
  if (!isPositive(memoryMib)) problems.memoryMib = 'MiB, above 0.'
  if (!/^[1-9]\d{0,5}$/.test(sessionsPerPod.trim())) problems.sessionsPerPod = 'A whole number from 1 on.'
  return problems
}

/** Lists that say something: the API has its own words for what is left out. */
function givenLists<T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): Partial<T> {
  // Leaving out fields leaves the others as they are.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<T>
}

function readinessOf({ probe, probePath }: TypedVersion, portName: string): Pick<ApplicationVersionInput, 'readiness'> {
  if (probe === 'http') return { readiness: { http: { portName, path: probePath || '/' } } }
  return probe === 'tcp' ? { readiness: { tcp: { portName } } } : {}
}

type PortInput = { readonly name: string; readonly containerPort: number; readonly protocol: 'HTTP' | 'TCP' | 'UDP' }

function parsePorts(text: string): PortInput[] | null {
  const parsed = linesOf(text).map((line) => /^([a-z0-9-]+)\s+(\d{1,5})(?:\s+(http|tcp|udp))?$/i.exec(line))
  if (parsed.includes(null)) return null
  return parsed.map((match) => {
    const protocol = match?.[3]?.toUpperCase()
    return {
      name: match?.[1] ?? '',
      containerPort: Number(match?.[2]),
      protocol: protocol === 'TCP' || protocol === 'UDP' ? protocol : 'HTTP',
    }
  })
}

function parseEnv(text: string): { name: string; value: string }[] | null {
  const parsed = linesOf(text).map((line) => /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line))
  if (parsed.includes(null)) return null
  return parsed.map((match) => ({ name: match?.[1] ?? '', value: match?.[2] ?? '' }))
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Words as a shell would split them, with single and double quotes; null when a quote is not closed. */
export function splitWords(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (const character of text) {
    if (quote !== '') {
      if (character === quote) quote = ''
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (word !== null) words.push(word)
  return quote === '' ? words : null
}

function quoted(word: string): string {
  if (word !== '' && !/[\s'"]/.test(word)) return word
  return word.includes("'") ? `"${word}"` : `'${word}'`
}

function isPositive(text: string): boolean {
  return /^\s*\d{1,9}(\.\d{1,6})?\s*$/.test(text) && Number(text) > 0
}
