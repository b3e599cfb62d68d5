/** What a run ran on: numbers mean nothing without it. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../world/child.ts'

export type Machine = {
  readonly cores: number
  readonly cpu: string
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  /** Of the last minute, before the bench began: what else the machine did. */
  readonly loadAverage: number
}

export type Versions = Readonly<Record<string, string>>

const packageFile = z.object({ version: z.string() })
/** Those that numbers depend on. */
const NAMED_PACKAGES = ['graphql', '@apollo/server', '@grpc/grpc-js', 'ws', 'prisma'] as const

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: `Linux ${release()}`,
    node: process.version,
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(1)),
  }
}

export function readVersions(): Versions {
  const named = NAMED_PACKAGES.map((name) => [name, versionIn(join(ROOT, 'node_modules', name))])
  return Object.fromEntries([['fornax', versionIn(ROOT)], ...named])
}

function versionIn(folder: string): string {
  return packageFile.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).version
}
