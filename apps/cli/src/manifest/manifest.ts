/**
 * What `fornax apply` reads: the input of `createApplication`, in YAML or JSON, with `kind: Application` before it.
 * What `fornax get application -o yaml` prints can be read too: fields that only the API writes are passed over, and
 * `revision` guards against a change by somebody else in between.
 */
import type { ApplicationVersionInput, ScalingPolicyInput } from '@fornax/client/generated/documents'
import { didYouMean } from '@fornax/settings/did-you-mean'
import { z } from 'zod'
import { parseBytes } from '../output/quantity.ts'

export type Manifest = {
  readonly name: string
  readonly version: ApplicationVersionInput
  /** Null: whatever there is, or the default. */
  readonly scalingPolicy: ScalingPolicyInput | null
  /** The revision it was made from; null when it wants to win anyway. */
  readonly revision: number | null
}

/** Something wrong in a manifest, at a path inside it. */
export type ManifestProblem = { readonly path: readonly PropertyKey[]; readonly message: string }

export type ManifestResult =
  | { readonly kind: 'read'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly problems: readonly ManifestProblem[] }

/** Checks one document. What makes sense together is for the server to say. */
export function toManifest(document: unknown): ManifestResult {
  const parsed = manifestSchema.safeParse(withoutApiFields(document))
  if (!parsed.success) return { kind: 'refused', problems: parsed.error.issues.flatMap(toProblems) }
  const { name, version, scalingPolicy, revision } = parsed.data
  const manifest = { name, version, scalingPolicy: scalingPolicy ?? null, revision: revision ?? null }
  return { kind: 'read', manifest }
}

/** An object that knows which word was meant by an unknown one. */
function fields<TShape extends z.core.$ZodLooseShape>(shape: TShape) {
  const known = Object.keys(shape)
  const error = (issue: z.core.$ZodRawIssue): string | undefined =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownField(key, known)).join('\n') : undefined
  return z.strictObject(shape, { error })
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known)
  return meant === null
    ? `${key} is not a field here; there are ${known.join(', ')}`
    : `${key} is not a field here; did you mean ${meant}?`
}

const bytes = z.union([
  z.int(),
  z.string().transform((text, context) => {
    const parsed = parseBytes(text)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: 'must be a number of bytes, or an amount as in 128Mi' })
    return z.NEVER
  }),
])

const port = { portName: z.string() }
const probes = {
  exec: z.exactOptional(fields({ command: z.array(z.string()) })),
  http: z.exactOptional(fields({ ...port, path: z.exactOptional(z.string()) })),
  tcp: z.exactOptional(fields(port)),
}
const probeTimes = {
  initialDelayMs: z.exactOptional(z.int()),
  periodMs: z.exactOptional(z.int()),
  timeoutMs: z.exactOptional(z.int()),
}
const range = fields({ low: z.int(), high: z.int() })
const texts = z.array(z.string())

const versionSchema = fields({
  image: z.string(),
  command: z.exactOptional(texts),
  args: z.exactOptional(texts),
  env: z.exactOptional(z.array(fields({ name: z.string(), value: z.string() }))),
  workingDirectory: z.exactOptional(z.string()),
  ports: z.exactOptional(
    z.array(
      fields({
        name: z.string(),
        containerPort: z.int(),
        protocol: z.exactOptional(z.enum(['HTTP', 'TCP', 'UDP'])),
      }),
    ),
  ),
  resources: z.exactOptional(
    fields({
      cpuMillis: z.exactOptional(z.int()),
      memoryBytes: z.exactOptional(bytes),
      ephemeralBytes: z.exactOptional(bytes),
    }),
  ),
  readiness: z.exactOptional(fields({ ...probes, ...probeTimes })),
  liveness: z.exactOptional(fields({ ...probes, ...probeTimes, failureThreshold: z.exactOptional(z.int()) })),
  user: z.exactOptional(z.string()),
  hasWritableRoot: z.exactOptional(z.boolean()),
  capabilities: z.exactOptional(texts),
  terminationGraceMs: z.exactOptional(z.int()),
  sessionsPerPod: z.exactOptional(z.int()),
  usesSessionService: z.exactOptional(z.boolean()),
  runtimeClass: z.exactOptional(z.string()),
  minIsolation: z.exactOptional(z.enum(['NONE', 'SIMULATED', 'NAMESPACE', 'CONTAINER', 'SANDBOX'])),
  toleratesSimulated: z.exactOptional(z.boolean()),
  files: z.exactOptional(z.array(fields({ path: z.string(), content: z.string() }))),
  secrets: z.exactOptional(
    z.array(fields({ secret: z.string(), env: z.exactOptional(z.string()), path: z.exactOptional(z.string()) })),
  ),
  imagePullPolicy: z.exactOptional(z.enum(['ALWAYS', 'IF_NOT_PRESENT', 'NEVER'])),
  imagePullSecrets: z.exactOptional(texts),
})

const policySchema = fields({
  minPods: z.exactOptional(z.int()),
  maxPods: z.int(),
  burst: z.exactOptional(z.int()),
  scaleDownDelayMs: z.exactOptional(z.int()),
  idleCount: z.exactOptional(range),
  idlePercent: z.exactOptional(range),
  keepHot: z.exactOptional(z.int()),
  hibernateAfterMs: z.exactOptional(z.int()),
  wakeOnTraffic: z.exactOptional(z.boolean()),
})

const manifestSchema = fields({
  kind: z.exactOptional(z.literal('Application')),
  name: z.string(),
  version: versionSchema,
  scalingPolicy: z.exactOptional(policySchema),
  revision: z.exactOptional(z.int()),
})

/** What the API adds to an application, and nobody writes. */
const API_FIELDS = [
  'id',
  'tenant',
  'createdAt',
  'fallbackVersion',
  'pool',
  'sessionCount',
  'waitingSessionCount',
  'problem',
  'images',
]
const API_VERSION_FIELDS = ['id', 'number', 'createdAt']

function withoutApiFields(document: unknown): unknown {
  const application = withoutNulls(document)
  if (!isObject(application)) return application
  const kept = without(application, API_FIELDS)
  if (!isObject(kept['version'])) return kept
  const version = without(kept['version'], API_VERSION_FIELDS)
  const probed = Object.entries(version).map(([name, value]) => [
    name,
    isObject(value) && 'probe' in value ? probeInput(value) : value,
  ])
  return { ...kept, version: Object.fromEntries(probed) }
}

/** The API answers with one flat object, and asks for one by kind of probe. */
function probeInput({ probe: kind, ...flat }: Readonly<Record<string, unknown>>): unknown {
  const { httpPath, portName, command, ...times } = flat
  if (kind === 'EXEC') return { exec: { command }, ...times }
  if (kind === 'HTTP') return { http: { portName, ...(httpPath === undefined ? {} : { path: httpPath }) }, ...times }
  return kind === 'TCP' ? { tcp: { portName }, ...times } : times
}

/** An absent value is written as null by the API. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]))
}

function without(object: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toProblems(issue: z.core.$ZodIssue): readonly ManifestProblem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n')
    return issue.keys.map((key, at) => ({ path: [...path, key], message: messages[at] ?? issue.message }))
  }
  const name = path.length === 0 ? 'a manifest' : pathText(path)
  return [{ path, message: `${name} ${describeIssue(issue)}` }]
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return issue.message
  if (issue.code === 'invalid_union') return 'must be a number of bytes, or an amount as in 128Mi'
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.map(String).join(', ')}`.replace(/, ([^,]+)$/, ' or $1')
  if (issue.code !== 'invalid_type') return `cannot be this: ${issue.message}`
  if (issue.input === undefined && issue.message.endsWith('received undefined')) return 'is missing'
  return `must be ${WORDS[issue.expected] ?? issue.expected}`
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text; put quotes around it',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
}

/** `version.ports[0].name` */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('')
}
