/**
 * What a pod wrote, as pieces of lines with the name of their stream, whichever
 * way its runtime keeps it: a file per stream, or one file for both.
 */
import { join } from 'node:path'
import { parseContainerLine } from './container-line.ts'
import { cutLine, LogFile, type LogPiece } from './log-file.ts'

/** Where a pod writes. */
export type PodLogFiles = { readonly path: string; readonly stdout: string; readonly stderr: string }

/** `plain`: a file per stream, as the command wrote it. `container`: one file in the format of container runtimes. */
export type LogFormat = 'plain' | 'container'

export type LogStreamName = 'stdout' | 'stderr'

export type PodLogPiece = LogPiece & { readonly stream: LogStreamName }

/** What a pod has written and will write. */
export type LogSource = {
  /** Bounds the files; at most this much is kept from before. Throws, after all of them, when one cannot be bounded. */
  rotate(bytesMax: number): void
  /** The last lines, at most `linesMax`. */
  tail(linesMax: number): readonly PodLogPiece[]
  /** Reads on from the end of what is there now. */
  follow(): LogReader
}

export type LogReader = Disposable & {
  /** The next pieces; none: there are none yet. `isLast`: an unfinished last line counts as one. */
  next(isLast: boolean): readonly PodLogPiece[]
}

/** The file in a pod's folder that a container runtime writes. */
export const CONTAINER_LOG = 'container.log'

const RAW_LINE_BYTES_MAX = 256 * 1024

/** The log of the pod whose folder it is. */
export function openLogSource(files: PodLogFiles, format: LogFormat): LogSource {
  return format === 'container' ? containerLog(join(files.path, CONTAINER_LOG)) : plainLog(files)
}

function plainLog(files: PodLogFiles): LogSource {
  const stdout = new LogFile(files.stdout)
  const stderr = new LogFile(files.stderr)
  return {
    rotate: (bytesMax) => {
      try {
        stdout.rotate(bytesMax)
      } finally {
        stderr.rotate(bytesMax)
      }
    },
    tail: (linesMax) => tailOfTwo(stdout, stderr, linesMax),
    follow: () => {
      const followers = { stdout: stdout.follow(), stderr: stderr.follow() }
      return {
        next: (isLast) =>
          STREAMS.flatMap((stream) => {
            const piece = followers[stream].next(isLast)
            return piece === null ? [] : [{ stream, ...piece }]
          }),
        [Symbol.dispose]: () => {
          followers.stdout[Symbol.dispose]()
          followers.stderr[Symbol.dispose]()
        },
      }
    },
  }
}

const STREAMS: readonly LogStreamName[] = ['stdout', 'stderr']

/** Two files without times: each keeps its own order. Half of the lines at least are of standard error, if there are. */
function tailOfTwo(stdoutFile: LogFile, stderrFile: LogFile, linesMax: number): readonly PodLogPiece[] {
  const stdout = stdoutFile.tail(linesMax)
  const stderr = stderrFile.tail(linesMax)
  const errorLines = Math.min(stderr.length, Math.max(Math.ceil(linesMax / 2), linesMax - stdout.length))
  const outputLines = Math.min(stdout.length, linesMax - errorLines)
  return [
    { stream: 'stdout', lines: lastOf(stdout, outputLines), skippedLines: 0 },
    { stream: 'stderr', lines: lastOf(stderr, errorLines), skippedLines: 0 },
  ]
}

/** `slice(-0)` would be all of them. */
function lastOf(lines: readonly string[], count: number): readonly string[] {
  return lines.slice(lines.length - count)
}

/** Both streams in the order in which they were written. */
function containerLog(path: string): LogSource {
  const file = new LogFile(path, RAW_LINE_BYTES_MAX)
  return {
    rotate: (bytesMax) => file.rotate(bytesMax),
    tail: (linesMax) => piecesOf({ lines: file.tail(linesMax), skippedLines: 0 }, linesMax),
    follow: () => {
      const follower = file.follow()
      return {
        next: (isLast) => {
          const piece = follower.next(isLast)
          return piece === null ? [] : piecesOf(piece, Number.POSITIVE_INFINITY)
        },
        [Symbol.dispose]: () => follower[Symbol.dispose](),
      }
    },
  }
}

function piecesOf({ lines, skippedLines }: LogPiece, linesMax: number): readonly PodLogPiece[] {
  const all = lines.flatMap((line) => {
    const parsed = parseContainerLine(line)
    return parsed === null ? [] : cutLine(parsed.text).map((text) => ({ stream: parsed.stream, text }))
  })
  const pieces: { stream: LogStreamName; lines: string[]; skippedLines: number }[] = []
  if (skippedLines > 0) pieces.push({ stream: all[0]?.stream ?? 'stdout', lines: [], skippedLines })
  for (const { stream, text } of all.slice(Math.max(0, all.length - linesMax))) {
    const last = pieces.at(-1)
    if (last?.stream === stream) last.lines.push(text)
    else pieces.push({ stream, lines: [text], skippedLines: 0 })
  }
  return pieces
}
