/** Runs seeds in several processes at once, and hands their results on in the order of the seeds. */
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Answer, Question } from './worker-words.ts'

export type Done = Extract<Answer, { kind: 'done' }>
/** The world ran in circles, or its process died. */
export type Broken = Extract<Answer, { kind: 'broken' }>

export type JobsOptions = {
  readonly questions: Iterable<Question>
  readonly jobs: number
  /** Results, in the order of the questions; false: it is enough. */
  readonly onDone: (question: Question, result: Done | Broken) => boolean
  readonly onLines: (lines: readonly string[]) => void
  readonly signal: AbortSignal
}

/** A process that says nothing for so long will never say anything. */
const SILENCE_MAX_MS = 120_000

/** Settles when all questions are answered, or it is enough. */
export async function runJobs(options: JobsOptions): Promise<void> {
  const questions = options.questions[Symbol.iterator]()
  const order = new InOrder(options.onDone)
  const work = async (): Promise<void> => {
    using worker = new Worker(options)
    while (!order.isOver && !options.signal.aborted) {
      const next = questions.next()
      if (next.done === true) return
      const place = order.next()
      const result = await worker.ask(next.value)
      if (result === null) return
      order.put(place, { question: next.value, result })
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, work))
}

type Result = { readonly question: Question; readonly result: Done | Broken }

/** Holds results back until those before them have come. */
class InOrder {
  isOver = false
  readonly #onDone: JobsOptions['onDone']
  readonly #waiting = new Map<number, Result>()
  #given = 0
  #told = 0

  constructor(onDone: JobsOptions['onDone']) {
    this.#onDone = onDone
  }

  /** The place of the next question. */
  next(): number {
    this.#given += 1
    return this.#given - 1
  }

  put(place: number, result: Result): void {
    this.#waiting.set(place, result)
    for (let first = this.#waiting.get(this.#told); first !== undefined; first = this.#waiting.get(this.#told)) {
      this.#waiting.delete(this.#told)
      this.#told += 1
      if (!this.isOver && !this.#onDone(first.question, first.result)) this.isOver = true
    }
  }
}

/** One process, for many worlds. A world that hangs costs it its life. */
class Worker implements Disposable {
  readonly #options: JobsOptions
  #child: ChildProcess | null = null

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /** Null when somebody said that it is enough. */
  async ask(question: Question): Promise<Done | Broken | null> {
    this.#child ??= startChild()
    const answer = await this.#hear(this.#child, question)
    if (answer === null || answer.kind === 'broken') this[Symbol.dispose]()
    return answer
  }

  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL') // It holds nothing that would have to be put in order.
    this.#child = null
  }

  #hear(child: ChildProcess, question: Question): Promise<Done | Broken | null> {
    const { signal, onLines } = this.#options
    return new Promise((resolve) => {
      const end = (answer: Done | Broken | null): void => {
        clearTimeout(silence)
        child.removeAllListeners()
        signal.removeEventListener('abort', leave)
        resolve(answer)
      }
      const broken = (message: string): void => end({ kind: 'broken', message })
      const leave = (): void => end(null)
      const silence = setTimeout(
        () => broken(`nothing was heard of it for ${SILENCE_MAX_MS / 1_000} s: a turn of its world never ends`),
        SILENCE_MAX_MS,
      )
      signal.addEventListener('abort', leave)
      child.on('message', (answer: Answer) => {
        silence.refresh()
        if (answer.kind === 'lines') onLines(answer.lines)
        else if (answer.kind !== 'busy') end(answer)
      })
      child.on('exit', (code, killed) => broken(`its process ended with ${killed ?? code}`))
      child.on('error', (error) => broken(error.message))
      child.send(question)
    })
  }
}

function startChild(): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
