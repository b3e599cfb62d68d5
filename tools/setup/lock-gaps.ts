/**
 * Finds optional packages, each the binary of one platform, that the lock file
 * does not name. npm leaves out what its registry does not have, and `npm ci`
 * then refuses the whole file, on every platform.
 */
import { z } from 'zod'

const lockEntry = z.looseObject({
  dev: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
})
const lockFile = z.looseObject({ packages: z.record(z.string(), lockEntry) })

/** What npm wrote stays as it is, to the order of its fields. */
const anyRecord = z.record(z.string(), z.unknown())

type Packages = z.infer<typeof lockFile>['packages']

export type LockGap = {
  /** Where the entry belongs in the lock file. */
  readonly path: string
  readonly name: string
  readonly version: string
  readonly isDev: boolean
}

/** The lock file with its gaps filled; `unclear` are names that say no platform. */
export function completeLock(text: string) {
  const lock = anyRecord.parse(JSON.parse(text))
  const entries = findLockGaps(text).map((gap) => ({ ...gap, entry: entryFor(gap) }))
  const known = entries.filter(({ entry }) => entry !== null)
  const all = {
    ...anyRecord.parse(lock['packages']),
    ...Object.fromEntries(known.map(({ path, entry }) => [path, entry])),
  }
  // In the order in which npm itself would write them.
  const packages = Object.fromEntries(
    Object.entries(all).toSorted(([left], [right]) => left.localeCompare(right, 'en')),
  )
  return {
    text: `${JSON.stringify({ ...lock, packages }, null, 2)}\n`,
    added: known.map(({ name }) => name),
    unclear: entries.filter(({ entry }) => entry === null).map(({ name }) => name),
  }
}

/** Every optional package that some package asks for and the lock file lacks. */
export function findLockGaps(text: string): readonly LockGap[] {
  const { packages } = lockFile.parse(JSON.parse(text))
  const gaps = Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isNamed(packages, path, name))
      .map(([name, version]) => ({ path: `node_modules/${name}`, name, version, isDev: entry.dev === true })),
  )
  return [...new Map(gaps.map((gap) => [gap.path, gap])).values()]
}

/** As Node finds packages: next to the one that asks, then further up. */
function isNamed(packages: Packages, from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true
    if (folder === '') return false
  }
}

const OS_NAMES = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const CPU_NAMES = ['arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']
const ALIASES: Readonly<Record<string, string>> = { windows: 'win32', 'darwin-64': 'x64', 'windows-64': 'x64' }

/**
 * The entry for a package that is known by its name alone, which says the platform.
 * Null when it does not: then somebody has to look.
 */
export function entryFor({ name, version, isDev }: LockGap): Readonly<Record<string, unknown>> | null {
  const words = name.split('/').at(-1)?.split('-') ?? []
  const os = words.map((word) => ALIASES[word] ?? word).find((word) => OS_NAMES.includes(word))
  const cpu =
    words.find((word) => CPU_NAMES.includes(word)) ??
    (words.some((word) => /^arm(v\d)?$/.test(word)) ? 'arm' : ALIASES[words.slice(-2).join('-')])
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : null
  if (cpu === undefined || (os === undefined && cpu !== 'wasm32')) return null
  return {
    version,
    cpu: [cpu],
    ...(isDev ? { dev: true } : {}),
    ...(libc === null ? {} : { libc: [libc] }),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  }
}
