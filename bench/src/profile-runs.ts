/** The runs whose profiles docs/performance.md shows; apart from those that are measured, because a profiler costs time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchRun } from './bench-run.ts'
import { Flags } from './flags.ts'
import { readCpuProfile } from './measure/cpu-profile.ts'
import type { ProfiledRun } from './report/performance-doc.ts'
import type { Scenario } from './scenario.ts'
import { pods } from './scenarios/pods.ts'
import { warm } from './scenarios/warm.ts'

type Row = {
  readonly title: string
  readonly scenario: Scenario
  readonly flags: Readonly<Record<string, string | number>>
}

const ROWS: readonly Row[] = [
  { title: 'A warm session over HTTP', scenario: warm, flags: { transport: 'http' } },
  { title: 'A warm session over WebSocket', scenario: warm, flags: { transport: 'ws' } },
  { title: 'A pod', scenario: pods, flags: { nodes: 300, apps: 300, pods: 90_000 } },
]

export async function profileRuns(run: BenchRun): Promise<ProfiledRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-bench-profiles-'))
  try {
    const profiles: ProfiledRun[] = []
    for (const { title, scenario, flags } of ROWS) {
      run.say(`— a profile: ${title}`)
      const own = Flags.of(scenario.flags, run.isQuick ? scenario.quick : {}, run.isQuick ? {} : flags)
      const results = await scenario.run({ ...run, profileFolder: folder }, own)
      const profiled = results.flatMap((result) => (result.profiled ? [{ ...result, ...result.profiled }] : []))
      for (const { pid, window, operations } of profiled)
        profiles.push({ title, operations, profile: readCpuProfile(folder, pid, window) })
    }
    return profiles
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
