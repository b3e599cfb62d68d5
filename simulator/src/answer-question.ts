/** Runs the world that a question is about. */
import { drawPlan } from './draw-plan.ts'
import type { Plan } from './plan.ts'
import { runPlan, type RunResult } from './run-world.ts'
import { scenarioNamed, scenarioOf } from './scenarios.ts'
import { keeping, shrink } from './shrink.ts'
import type { Answer, Question, Smaller } from './worker-words.ts'

const LINES_PER_MESSAGE = 500

export async function answer(question: Question, say: (answer: Answer) => void): Promise<void> {
  const { shrinks, isVerbose } = question
  const { whole, plan } = plansOf(question)
  let lines: string[] = []
  const onLine = (line: string): void => {
    lines.push(line)
    if (lines.length < LINES_PER_MESSAGE) return
    say({ kind: 'lines', lines })
    lines = []
  }
  const result = await runPlan(plan, isVerbose ? { onLine } : {})
  if (lines.length > 0) say({ kind: 'lines', lines })
  const smaller = shrinks ? await smallerOf({ whole, plan, result }, () => say({ kind: 'busy' })) : null
  say({ kind: 'done', result, smaller, actions: plan.actions.length })
}

/** What the seed draws, and what of it is to be done. */
export function plansOf({ seed, scenario, keep }: Pick<Question, 'seed' | 'scenario' | 'keep'>): Omit<Run, 'result'> {
  const chosen = scenario === null ? scenarioOf(seed) : scenarioNamed(scenario, seed)
  if (chosen === null) throw new Error(`there is no scenario ${scenario}`)
  const whole = drawPlan(seed, chosen)
  return { whole, plan: keep === null ? whole : keeping(whole, keep) }
}

type Run = { readonly whole: Plan; readonly plan: Plan; readonly result: RunResult }

async function smallerOf({ whole, plan, result }: Run, onTry: () => void): Promise<Smaller | null> {
  if (result.failure === null) return null
  const shrunk = await shrink(plan, result.failure, async (smaller) => {
    onTry()
    return (await runPlan(smaller)).failure
  })
  const needed = shrunk.kept.flatMap((place) => plan.actions[place] ?? [])
  const kept = needed.map((action) => whole.actions.indexOf(action))
  const words = needed.map(({ atMs, deed }, index) => `${kept[index]}  at ${atMs} ms  ${JSON.stringify(deed)}`)
  return { ...shrunk, kept, actions: words }
}
