/**
 * What a part prints: every line goes to its log file, and what a person should
 * see goes to the terminal as well, in words instead of JSON.
 */
import type { Readable } from 'node:stream'
import type { Clock } from '@fornax/kernel/clock'
import { z } from 'zod'
import type { RotatingLog } from './rotating-log.ts'

const WARNING = 40
const ERROR = 50
const LEVEL_NAMES = new Map([
  [WARNING, 'warning'],
  [ERROR, 'error'],
  [60, 'fatal'],
])

/** A line without an end is cut here, so that it cannot fill the memory. */
const LINE_CHARS_MAX = 64 * 1024

/** The terminal shows this many lines of a part in a window; the log has all of them. */
const SHOWN_MAX = 40
const SHOWN_WINDOW_MS = 10_000

const logLine = z.object({
  level: z.number(),
  msg: z.string().default(''),
  err: z.object({ message: z.string() }).optional(),
})

type OutputPorts = {
  readonly clock: Clock
  readonly log: RotatingLog
  readonly logPath: string
  readonly say: (line: string) => void
}

export class PartOutput {
  readonly #name: string
  readonly #ports: OutputPorts
  #windowStartMs = -Infinity
  #shown = 0
  #levelMin = WARNING
  #isLosing = false

  constructor(name: string, ports: OutputPorts) {
    this.#name = name
    this.#ports = ports
  }

  /** Follows both streams of a child until they end. */
  follow(streams: { readonly stdout: Readable; readonly stderr: Readable }): void {
    followLines(streams.stdout, (line) => this.#take(line, false))
    followLines(streams.stderr, (line) => this.#take(line, true))
  }

  /** From now on shows errors only: what is stopped loses its connections, and warns of that. */
  hush(): void {
    this.#levelMin = ERROR
  }

  #take(line: string, isError: boolean): void {
    this.#keep(line)
    const words = wordsFor(line, isError, this.#levelMin)
    if (words !== null) this.#show(words.replace(`fornax ${this.#name}: `, ''))
  }

  /** A full disk must not end what runs: the line is lost, and that is said once. */
  #keep(line: string): void {
    try {
      this.#ports.log.write(`${line}\n`)
      this.#isLosing = false
    } catch (error) {
      if (!this.#isLosing) this.#ports.say(`The log of the ${this.#name} cannot be written: ${String(error)}`)
      this.#isLosing = true
    }
  }

  #show(words: string): void {
    const nowMs = this.#ports.clock.nowMs()
    if (nowMs - this.#windowStartMs >= SHOWN_WINDOW_MS) {
      this.#windowStartMs = nowMs
      this.#shown = 0
    }
    this.#shown += 1
    if (this.#shown < SHOWN_MAX) this.#ports.say(`${this.#name}: ${words}`)
    else if (this.#shown === SHOWN_MAX) this.#ports.say(`${this.#name}: … more in ${this.#ports.logPath}`)
  }
}

/** The line for a person; null when it is nothing to worry about. What is not a log line is one only as an error. */
export function wordsFor(line: string, isError: boolean, levelMin = WARNING): string | null {
  const parsed = line.startsWith('{') ? logLine.safeParse(parseJson(line)).data : undefined
  if (parsed === undefined) return isError && line.trim() !== '' ? line : null
  if (parsed.level < levelMin) return null
  const cause = parsed.err === undefined ? '' : `: ${parsed.err.message}`
  return `${LEVEL_NAMES.get(parsed.level) ?? 'warning'}: ${parsed.msg}${cause}`
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

function followLines(stream: Readable, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    if (rest.length > LINE_CHARS_MAX) {
      take(rest)
      rest = ''
    }
  })
  stream.on('end', () => rest !== '' && take(rest))
}
