/** What pods of a version are given beside their image: files and secrets, and how the image comes to their node. */
import type { InputProblem } from './input-problem.ts'

export type Provision = {
  /** Found by every pod, read-only. */
  readonly files: readonly VersionFile[]
  readonly secrets: readonly SecretUse[]
  readonly imagePullPolicy: ImagePullPolicy
  /** Secrets of the tenant that hold credentials of registries. */
  readonly imagePullSecrets: readonly string[]
}

/** `always` asks the registry at each start of a pod, and pulls what is new there; `never` takes what the node has. */
export type ImagePullPolicy = 'ifNotPresent' | 'always' | 'never'

/** Text at a path. */
export type VersionFile = { readonly path: string; readonly content: string }

/** A secret of the tenant, by its name, and how pods get its value. */
export type SecretUse = {
  readonly secret: string
  readonly as: { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string }
}

const FILES_MAX = 64
const FILES_BYTES_MAX = 256 * 1024
const SECRETS_MAX = 32
const PULL_SECRETS_MAX = 8
const PATH_LETTERS_MAX = 255
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Where the kernel and the platform put things of their own. */
const RESERVED = ['/proc', '/sys', '/dev', '/run/fornax']

/** The names of all secrets that a version needs. */
export function secretsOf(provision: Provision | undefined): ReadonlySet<string> {
  if (provision === undefined) return new Set()
  return new Set([...provision.secrets.map(({ secret }) => secret), ...provision.imagePullSecrets])
}

/** How many bytes its files have. */
export function bytesOfFiles({ files }: Pick<Provision, 'files'>): number {
  return files.reduce((sum, { path, content }) => sum + path.length + Buffer.byteLength(content), 0)
}

/** The first thing that is wrong, in itself or beside the variables of the version; null when nothing is. */
export function provisionProblem(
  provision: Provision | undefined,
  env: Readonly<Record<string, string>>,
): InputProblem | null {
  if (provision === undefined) return null
  return amountProblem(provision) ?? pathsProblem(provision) ?? secretNamesProblem(provision, env)
}

function amountProblem({ files, secrets, imagePullSecrets }: Provision): InputProblem | null {
  if (files.length > FILES_MAX) return problem('files', `has more than ${FILES_MAX} files`)
  if (bytesOfFiles({ files }) > FILES_BYTES_MAX) return problem('files', `is larger than ${FILES_BYTES_MAX} bytes`)
  if (secrets.length > SECRETS_MAX) return problem('secrets', `has more than ${SECRETS_MAX} secrets`)
  if (imagePullSecrets.length > PULL_SECRETS_MAX)
    return problem('imagePullSecrets', `has more than ${PULL_SECRETS_MAX} secrets`)
  return null
}

function pathsProblem({ files, secrets }: Provision): InputProblem | null {
  const seen: string[] = []
  const places = [
    ...files.map(({ path }, index) => ({ field: `files[${index}].path`, path })),
    ...secrets.flatMap(({ as }, index) =>
      as.kind === 'file' ? [{ field: `secrets[${index}].path`, path: as.path }] : [],
    ),
  ]
  for (const { field, path } of places) {
    const what = pathProblem(path)
    if (what !== null) return problem(field, what)
    if (
      seen.some((other) => other === path || `${other}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${other}/`))
    )
      return problem(field, `"${path}" stands twice, or lies below another file`)
    seen.push(path)
  }
  return null
}

function pathProblem(path: string): string | null {
  const shown = path.slice(0, 80)
  if (!path.startsWith('/')) return `"${shown}" must begin with /`
  if (path.length > PATH_LETTERS_MAX) return `is longer than ${PATH_LETTERS_MAX} characters`
  const parts = path.slice(1).split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\n]/.test(part)))
    return `"${shown}" must be the whole path of a file, without empty parts, "." and ".."`
  if (RESERVED.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    return `"${shown}" lies in a folder of the platform; take another one`
  return null
}

function secretNamesProblem(
  { secrets, imagePullSecrets }: Provision,
  env: Readonly<Record<string, string>>,
): InputProblem | null {
  const names = new Set(Object.keys(env))
  for (const [index, { secret, as }] of secrets.entries()) {
    if (secret === '') return problem(`secrets[${index}].secret`, 'is empty')
    if (as.kind !== 'env') continue
    if (!ENV_NAME.test(as.name))
      return problem(`secrets[${index}].env`, `"${as.name.slice(0, 80)}" is no variable; use letters, digits and _`)
    if (names.has(as.name)) return problem(`secrets[${index}].env`, `"${as.name}" stands twice`)
    names.add(as.name)
  }
  const empty = imagePullSecrets.indexOf('')
  return empty === -1 ? null : problem(`imagePullSecrets[${empty}]`, 'is empty')
}

function problem(field: string, what: string): InputProblem {
  return { field: `version.${field}`, message: `${field} ${what}` }
}
