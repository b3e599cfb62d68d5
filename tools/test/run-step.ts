/** One step of `npm test`, and what came of it. */
import type { Clock } from '@fornax/kernel/clock'
import { runCommand, type CommandResult } from './command.ts'
import type { Counts } from './reports.ts'
import type { Step } from './steps.ts'

export type StepOutcome = Counts & { readonly name: string; readonly tookMs: number }

export type StepPorts = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** Names of the tools that are not on this machine. */
  readonly missing: readonly string[]
}

/** Runs it and says how it went. A failure is shown in full; what passes quietly stays quiet. */
export async function runStep(step: Step, ports: StepPorts): Promise<StepOutcome> {
  const { env, clock, say, signal, missing } = ports
  if (step.needs !== undefined && missing.includes(step.needs)) {
    say(`– ${step.name}: skipped, because ${step.needs} is not installed`)
    return {
      name: step.name,
      tookMs: 0,
      passed: 0,
      failed: 0,
      skipped: [{ what: `${step.name}: all of it`, tests: 1 }],
    }
  }
  say(`▸ ${step.name}`)
  const { program, args, cwd, timeoutMs } = step
  const isInView = step.counts !== undefined
  const result = await runCommand(
    { program, args, cwd, timeoutMs, env: { ...env, ...step.env }, isInView },
    clock,
    signal,
  )
  const counts = countsOf(step, result)
  const verdict = counts.failed === 0 ? '✓' : '✗'
  if (counts.failed > 0 && result.output.trim() !== '') say(result.output.trimEnd())
  say(`${verdict} ${step.name} (${(result.tookMs / 1000).toFixed(1)} s)`)
  return { ...counts, name: step.name, tookMs: result.tookMs }
}

/** A runner that failed without naming a failed test failed itself. */
function countsOf(step: Step, { isOk }: CommandResult): Counts {
  if (step.counts === undefined) return { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: [] }
  try {
    const counts = step.counts()
    return !isOk && counts.failed === 0 ? { ...counts, failed: 1 } : counts
  } catch {
    return { passed: 0, failed: 1, skipped: [] }
  }
}
