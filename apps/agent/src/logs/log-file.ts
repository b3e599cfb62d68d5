/**
 * One log file that a pod appends to. It is rotated by copy and truncate, because
 * the pod holds it open: `x.log` is the present, `x.log.1` what was before.
 *
 * The pod may do with it whatever a file allows: it may be a terabyte of holes, and where it shares our user even a
 * link to something else or a pipe, or a file that nobody may open. So no more of it is read than fits a bound, no link
 * is followed, nothing waits, and what its owner was forbidden is permitted again.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'

/** A line is cut into pieces of this size. */
export const LINE_BYTES_MAX = 16_384

/** Who falls further behind than this is sent on to the present. */
const LAG_BYTES_MAX = 512 * 1024
const READ_BYTES = 64 * 1024
/** In what is left out, lines are counted as far as this. */
const SKIP_BYTES_MAX = 8 * 1024 * 1024
/** Links lead nowhere, and a pipe without a writer keeps nobody waiting. */
const AS_IT_IS = constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Only to name a file, which takes no right to it. Node has no name for it; it is the same on x64 and arm64. */
const O_PATH = 0o10000000
const OWNER_ALONE = 0o600
/** A pod of our user can forbid again what we permit: whoever does so all the time wins some of these. */
const OPEN_TRIES = 8
const NEWLINE = 10

export class LogFile {
  readonly #path: string
  readonly #lineBytesMax: number
  readonly #followers = new Set<LogFollower>()

  constructor(path: string, lineBytesMax = LINE_BYTES_MAX) {
    this.#path = path
    this.#lineBytesMax = lineBytesMax
  }

  /**
   * Rotates when the file has grown beyond the bound; of what was before, as much is kept as anybody can read. What is
   * written in between copy and truncate is lost. Throws when the file cannot be bounded.
   */
  rotate(bytesMax: number): void {
    const size = sizeOf(this.#path)
    if (size <= bytesMax) return
    keepBefore(`${this.#path}.1`, readEnd(this.#path))
    for (const follower of this.#followers) follower.beforeTruncate()
    truncate(this.#path)
  }

  /** The last lines, at most `linesMax`, from before the rotation too. */
  tail(linesMax: number): readonly string[] {
    const present = readEnd(this.#path)
    const lines = splitLines(present.toString('utf8'), this.#lineBytesMax)
    if (lines.length >= linesMax) return lines.slice(-linesMax)
    const before = splitLines(readEnd(`${this.#path}.1`).toString('utf8'), this.#lineBytesMax)
    return [...before, ...lines].slice(-linesMax)
  }

  /** Reads on from the end of what is there now. */
  follow(): LogFollower {
    const follower = new LogFollower(this.#path, this.#lineBytesMax, () => this.#followers.delete(follower))
    this.#followers.add(follower)
    return follower
  }
}

export type LogPiece = {
  readonly lines: readonly string[]
  /** Lines left out because the reader was too slow. */
  readonly skippedLines: number
}

/** Reads a file as it grows, at its reader's pace. What waits, waits in the file. */
export class LogFollower implements Disposable {
  readonly #path: string
  readonly #lineBytesMax: number
  readonly #leave: () => void
  #offset: number
  #rest = ''
  #decoder = new TextDecoder()
  #skippedLines = 0

  constructor(path: string, lineBytesMax: number, leave: () => void) {
    this.#path = path
    this.#lineBytesMax = lineBytesMax
    this.#leave = leave
    this.#offset = sizeOf(path)
  }

  /** The next lines; null when there are none yet. `isLast`: the unfinished last line counts as one. */
  next(isLast: boolean): LogPiece | null {
    const size = sizeOf(this.#path)
    if (size < this.#offset) this.#begin(0) // Somebody else has truncated it.
    if (size - this.#offset > LAG_BYTES_MAX) this.#skipTo(size - READ_BYTES)
    const bytes = readPart(this.#path, this.#offset, Math.min(READ_BYTES, size - this.#offset))
    this.#offset += bytes.length
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true })
    const lines = splitLines(text, this.#lineBytesMax)
    const isUnfinished = text !== '' && !text.endsWith('\n')
    this.#rest = ''
    if (isUnfinished && !(isLast && this.#offset >= size)) {
      const rest = lines.pop() ?? ''
      if (rest.length >= this.#lineBytesMax) lines.push(rest)
      else this.#rest = rest
    }
    const skippedLines = this.#skippedLines
    if (lines.length === 0 && skippedLines === 0) return null
    this.#skippedLines = 0
    return { lines, skippedLines }
  }

  /** What was not read before a rotation is left out. */
  beforeTruncate(): void {
    this.#skipTo(sizeOf(this.#path))
    this.#begin(0)
  }

  [Symbol.dispose](): void {
    this.#leave()
  }

  #skipTo(offset: number): void {
    let last = NEWLINE
    if (offset - this.#offset > SKIP_BYTES_MAX) {
      this.#offset = offset - SKIP_BYTES_MAX
      this.#skippedLines += 1 // Who knows how many.
    }
    while (this.#offset < offset) {
      const bytes = readPart(this.#path, this.#offset, Math.min(READ_BYTES, offset - this.#offset))
      if (bytes.length === 0) break
      for (const byte of bytes) if (byte === NEWLINE) this.#skippedLines += 1
      last = bytes.at(-1) ?? NEWLINE
      this.#offset += bytes.length
    }
    this.#begin(this.#offset)
    if (last !== NEWLINE) this.#toNextLine()
  }

  /** A line whose beginning was left out is left out as a whole. */
  #toNextLine(): void {
    const bytes = readPart(this.#path, this.#offset, this.#lineBytesMax)
    const end = bytes.indexOf(NEWLINE)
    if (end === -1) return
    this.#offset += end + 1
    this.#skippedLines += 1
  }

  #begin(offset: number): void {
    this.#offset = offset
    this.#rest = ''
    this.#decoder = new TextDecoder()
  }
}

function splitLines(text: string, lineBytesMax: number): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.flatMap((line) => (line.length <= lineBytesMax ? line : cutLine(line, lineBytesMax)))
}

/** A long line as lines of a size that everybody takes; one line as it is. */
export function cutLine(line: string, lineBytesMax = LINE_BYTES_MAX): string[] {
  const pieces = [line.slice(0, lineBytesMax)]
  for (let start = lineBytesMax; start < line.length; start += lineBytesMax)
    pieces.push(line.slice(start, start + lineBytesMax))
  return pieces
}

/** The end of a file, as much as a rotation leaves. */
function readEnd(path: string): Buffer {
  const size = sizeOf(path)
  const length = Math.min(size, 2 * LAG_BYTES_MAX)
  return readPart(path, size - length, length)
}

function readPart(path: string, offset: number, length: number): Buffer {
  if (length <= 0) return Buffer.alloc(0)
  const buffer = Buffer.alloc(length)
  try {
    const file = openAsOwner(path, constants.O_RDONLY)
    try {
      return buffer.subarray(0, readSync(file, buffer, 0, length, offset))
    } finally {
      closeSync(file)
    }
  } catch {
    return Buffer.alloc(0) // It is gone, or not for us: there is nothing more to read.
  }
}

/** The bound is worth more than old lines: where there is no room for them, they are dropped. */
function keepBefore(path: string, bytes: Buffer): void {
  try {
    replace(path, bytes)
  } catch {
    dropBefore(path)
  }
}

function dropBefore(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    return // It stays, and can be no larger than we or whoever put it there have made it.
  }
}

function replace(path: string, bytes: Buffer): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | AS_IT_IS, OWNER_ALONE)
  try {
    writeFileSync(file, bytes)
  } finally {
    closeSync(file)
  }
}

function truncate(path: string): void {
  const file = openAsOwner(path, constants.O_WRONLY)
  try {
    ftruncateSync(file, 0)
  } finally {
    closeSync(file)
  }
}

/** Opens a file that its pod may have forbidden us to open: as its owner we take that back. */
function openAsOwner(path: string, flags: number): number {
  for (let tries = 1; ; tries += 1) {
    try {
      return openSync(path, flags | AS_IT_IS)
    } catch (error) {
      const isForbidden = error instanceof Error && 'code' in error && error.code === 'EACCES'
      if (!isForbidden || tries === OPEN_TRIES) throw error
      permitOwner(path)
    }
  }
}

/** Of the file itself, never of what a link leads to. */
function permitOwner(path: string): void {
  const named = openSync(path, O_PATH | AS_IT_IS)
  try {
    if (fstatSync(named).isFile()) chmodSync(`/proc/self/fd/${named}`, OWNER_ALONE)
  } finally {
    closeSync(named)
  }
}

/** What is no file, or lies where we may not look, has no size. */
function sizeOf(path: string): number {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    return found?.isFile() === true ? found.size : 0
  } catch {
    return 0 // Its folder cannot be entered: nothing of it can be read or bounded either.
  }
}
