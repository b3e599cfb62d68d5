/** Where the time of the core goes: profiles that Node writes at its end, cut to the time that was measured. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../world/child.ts'
import type { ProfileWindow } from './watch-core.ts'

const profileFile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  startTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})

export type ProfileEntry = { readonly what: string; readonly where: string; readonly selfMs: number }

export type CpuProfile = {
  /** By function, the most first. */
  readonly functions: readonly ProfileEntry[]
  /** By part of the core or package, the most first. */
  readonly areas: readonly ProfileEntry[]
  readonly totalMs: number
}

const US_PER_MS = 1_000
const PROFILE_NAME = /\.(\d+)\.(\d+)\.\d+\.cpuprofile$/

/** Of all threads of a process together. */
export function readCpuProfile(folder: string, pid: number, window: ProfileWindow): CpuProfile {
  const functions = new Map<string, ProfileEntry>()
  const areas = new Map<string, ProfileEntry>()
  for (const name of readdirSync(folder)) {
    const [, filePid, thread] = PROFILE_NAME.exec(name) ?? []
    if (Number(filePid) !== pid) continue
    const suffix = thread === '0' ? '' : ' (worker)'
    for (const { functionName, url, lineNumber, selfMs } of selfTimes(join(folder, name), window)) {
      const what = functionName === '' ? '(anonymous)' : functionName
      const where = url === '' ? '' : `${shortUrl(url)}:${lineNumber + 1}`
      add(functions, `${what}${suffix}`, where, selfMs)
      add(areas, `${areaOf(url, what)}${suffix}`, '', selfMs)
    }
  }
  const totalMs = [...areas.values()].reduce((sum, { selfMs }) => sum + selfMs, 0)
  return { functions: sorted(functions), areas: sorted(areas), totalMs }
}

type SelfTime = {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly selfMs: number
}

function selfTimes(file: string, { fromUs, untilUs }: ProfileWindow): SelfTime[] {
  const { nodes, startTime, samples, timeDeltas } = profileFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  const usOfNode = new Map<number, number>()
  let atUs = startTime
  for (const [index, node] of samples.entries()) {
    atUs += timeDeltas[index] ?? 0
    if (atUs < fromUs || atUs > untilUs) continue
    // A sample stands for the time until the next one.
    usOfNode.set(node, (usOfNode.get(node) ?? 0) + Math.max(0, timeDeltas[index + 1] ?? 0))
  }
  return nodes
    .filter(({ callFrame }) => callFrame.functionName !== '(idle)')
    .map(({ id, callFrame }) => ({ ...callFrame, selfMs: (usOfNode.get(id) ?? 0) / US_PER_MS }))
    .filter(({ selfMs }) => selfMs > 0)
}

function add(entries: Map<string, ProfileEntry>, what: string, where: string, selfMs: number): void {
  const key = `${what} ${where}`
  entries.set(key, { what, where, selfMs: (entries.get(key)?.selfMs ?? 0) + selfMs })
}

function sorted(entries: ReadonlyMap<string, ProfileEntry>): ProfileEntry[] {
  return [...entries.values()].toSorted((a, b) => b.selfMs - a.selfMs)
}

function shortUrl(url: string): string {
  return url
    .replace(/^file:\/\//, '')
    .replace(`${ROOT}/`, '')
    .replace(/^node_modules\//, '')
}

/** `core: graphql`, a package, a part of Node, or what V8 does itself. */
function areaOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'V8 and Node, in C++'
  if (url.startsWith('node:')) return url.replace(/^node:(internal\/)?/, 'node: ').replace(/\/.*$/, '')
  const path = shortUrl(url)
  const room = /^apps\/core\/src\/([^/]+)\//.exec(path)?.[1]
  if (room !== undefined) return `core: ${room}`
  const kept = /^(?:packages\/([^/]+)|(proto))\//.exec(path)
  if (kept) return `core: ${kept[1] ?? kept[2]}`
  const packageName = /(?:^|node_modules\/)((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
  return packageName ?? path
}
