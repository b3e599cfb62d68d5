/** One row of the table of measurements. */
import type { BenchRun } from './bench-run.ts'
import type { FlagDefinitions, Flags } from './flags.ts'
import type { RunResult } from './report/result.ts'

export type Scenario = {
  readonly name: string
  /** One line of the help. */
  readonly summary: string
  readonly flags: FlagDefinitions
  /** Values of `--quick`, where they differ. */
  readonly quick: Readonly<Record<string, number | string>>
  readonly run: (run: BenchRun, flags: Flags) => Promise<readonly Measured[]>
}

/** A result. Without a command it is that of the command line. */
export type Measured = Omit<RunResult, 'command'> & { readonly command?: string }
