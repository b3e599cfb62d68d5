/** What each part gets to know: the settings it reads, and no other part's secrets. */
import { join } from 'node:path'
import { SETTINGS, type Part } from '@fornax/settings/setting-definitions'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment of this process without the settings that the part does not
 * read; `overrides` are what this run has decided, such as ports.
 */
export function partEnvironment(part: Part, env: Environment, overrides: Environment): Record<string, string> {
  const settings: readonly { readonly name: string; readonly usedBy: readonly Part[] }[] = Object.values(SETTINGS)
  const notItsOwn = new Set(settings.filter(({ usedBy }) => !usedBy.includes(part)).map(({ name }) => name))
  const merged = Object.entries({ ...env, NODE_ENV: 'production', ...overrides })
  return Object.fromEntries(
    merged.flatMap(([name, value]) => (value === undefined || notItsOwn.has(name) ? [] : [[name, value] as const])),
  )
}

/**
 * Lets a part keep what Node makes of its sources, which saves it some 30 MB and a while at each start. Pods get
 * an environment of their own, without this. An agent, of which a node has one beside its pods, also makes do with one
 * heap of the C library for all of its threads: 10 MB less.
 */
export function compileCache(part: Part, dataDir: string): Environment {
  const cache = { NODE_COMPILE_CACHE: join(dataDir, 'compile-cache') }
  if (part === 'agent') return { ...cache, MALLOC_ARENA_MAX: '1' }
  return part === 'core' ? cache : {}
}
