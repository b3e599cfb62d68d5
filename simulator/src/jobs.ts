/** Runs seeds in several processes at once, and hands their results on in the order of the seeds. */
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Answer, Question } from './worker-words.ts'

export type Done = Extract<Answer, { kind: 'done' }>

export type JobsOptions = {
  readonly questions: Iterable<Question>
  readonly jobs: number
  /** Results, in the order of the questions; false: it is enough. */
  readonly onDone: (question: Question, done: Done) => boolean
  readonly onLines: (lines: readonly string[]) => void
  readonly signal: AbortSignal
}

/** A world that takes longer than this runs in circles. */
const SILENCE_MAX_MS = 180_000

/** Settles when all questions are answered, or it is enough. */
export async function runJobs(options: JobsOptions): Promise<void> {
  const questions = options.questions[Symbol.iterator]()
  const order = new InOrder(options.onDone)
  const work = async (): Promise<void> => {
    using worker = new Worker(options)
    for (let place = order.next(); !order.isOver && !options.signal.aborted; place = order.next()) {
      const next = questions.next()
      if (next.done === true) return
      const done = await worker.ask(next.value)
      if (done === null) return
      order.put(place, { question: next.value, done })
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, work))
}

/** Holds results back until those before them have come. */
class InOrder {
  isOver = false
  readonly #onDone: JobsOptions['onDone']
  readonly #waiting = new Map<number, { question: Question; done: Done }>()
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

  put(place: number, result: { question: Question; done: Done }): void {
    this.#waiting.set(place, result)
    for (let first = this.#waiting.get(this.#told); first !== undefined; first = this.#waiting.get(this.#told)) {
      this.#waiting.delete(this.#told)
      this.#told += 1
      if (!this.isOver && !this.#onDone(first.question, first.done)) this.isOver = true
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
  ask(question: Question): Promise<Done | null> {
    const { signal, onLines } = this.#options
    this.#child ??= startChild()
    const child = this.#child
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        clearTimeout(timeout)
        child.removeAllListeners()
        signal.removeEventListener('abort', leave)
        act()
      }
      const broken = (why: string): void => end(() => reject(new Error(`seed ${question.seed}: ${why}`)))
      const leave = (): void => end(() => resolve(null))
      const hangs = (): void => {
        this[Symbol.dispose]()
        broken(`nothing came of it within ${SILENCE_MAX_MS / 1_000} s: a turn of its world never ends`)
      }
      const timeout = setTimeout(hangs, SILENCE_MAX_MS)
      signal.addEventListener('abort', leave)
      child.on('message', (answer: Answer) => {
        if (answer.kind === 'lines') return onLines(answer.lines)
        if (answer.kind === 'broken') return broken(answer.message)
        end(() => resolve(answer))
      })
      child.on('exit', (code, killed) => {
        this.#child = null
        broken(`its process ended with ${killed ?? code}`)
      })
      child.on('error', (error) => broken(error.message))
      child.send(question)
    })
  }

  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL') // It holds nothing that would have to be put in order.
    this.#child = null
  }
}

function startChild(): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
