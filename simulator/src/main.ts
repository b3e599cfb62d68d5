/** `npm run simulate`: runs seeds, prints a line for each, and everything about those that fail. */
import { HELP, UsageError, wishOf, type Wish } from './command-line.ts'
import { runJobs } from './jobs.ts'
import { failureOf, lineOf, Totals } from './report.ts'
import type { Question } from './worker-words.ts'

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const wish = wishOf(process.argv.slice(2))
    if (wish?.prints === false) return await simulate(wish)
    console.log(wish === null ? HELP : await printed(wish))
    return 0
  } catch (error) {
    console.error(error instanceof UsageError ? error.message : error)
    return error instanceof UsageError ? 2 : 1
  }
}

/** Loads the simulator, which nothing else here needs: worlds run in processes of their own. */
async function printed(wish: Wish): Promise<string> {
  const { plansOf } = await import('./answer-question.ts')
  const { regressionOf } = await import('./regressions.ts')
  return regressionOf(plansOf({ ...wish, seed: wish.from }).plan)
}

async function simulate(wish: Wish): Promise<number> {
  const totals = new Totals()
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const startedMs = performance.now()
  await runJobs({
    questions: questionsOf(wish),
    jobs: Math.min(wish.jobs, wish.seeds),
    signal: stop.signal,
    onLines: (lines) => console.log(lines.join('\n')),
    onDone: (question, done) => {
      if (done.kind === 'broken') {
        totals.addBroken(question.seed)
        console.log(`seed ${question.seed} BROKEN: ${done.message}`)
        return totals.failures < wish.failuresMax
      }
      totals.add(done.result)
      console.log(lineOf(done.result, wish.isVerbose))
      if (done.result.failure !== null) console.log(failureOf(question, done))
      return totals.failures < wish.failuresMax
    },
  })
  if (!wish.isReplay) console.log(totals.text(performance.now() - startedMs))
  return totals.failures > 0 || stop.signal.aborted ? 1 : 0
}

function* questionsOf({ from, seeds, scenario, keep, shrinks, isVerbose, isReplay }: Wish): Generator<Question> {
  for (let seed = from; seed < from + seeds; seed += 1)
    yield { seed, scenario, keep, shrinks, isVerbose: isVerbose && isReplay }
}
