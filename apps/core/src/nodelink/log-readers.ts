/** Who reads which pod's log over one node's stream. */
import type { ConnectResponse, LogChunk } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { LogStream } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { PodLogUnavailableError } from '../pods/pod-log.ts'

export type PodLogOptions = { readonly follow: boolean; readonly tailLines: number }

export type PodLogBatch = {
  readonly lines: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[]
  readonly skippedLines: number
}

type Reader = {
  lines: PodLogBatch['lines'][number][]
  skippedLines: number
  isOver: boolean
  problem: string | null
  wake: () => void
}

/** What waits for one slow reader; beyond it the oldest lines are left out, and counted. */
const WAITING_LINES_MAX = 5_000

export class LogReaders {
  readonly #write: (frame: ConnectResponse) => void
  readonly #readers = new Map<string, Reader>()
  #requests = 0

  constructor(write: (frame: ConnectResponse) => void) {
    this.#write = write
  }

  /** Ends when the log does, or when the signal says so. Throws when the node has no such log. */
  async *read(podId: string, options: PodLogOptions, signal: AbortSignal): AsyncGenerator<PodLogBatch> {
    const requestId = String((this.#requests += 1))
    const reader: Reader = { lines: [], skippedLines: 0, isOver: false, problem: null, wake: () => undefined }
    this.#readers.set(requestId, reader)
    const value = { requestId, podId, follow: options.follow, tailLines: options.tailLines }
    this.#write({ frame: { $case: 'readLog', value } })
    try {
      while (!signal.aborted) {
        if (reader.lines.length > 0 || reader.skippedLines > 0) yield taken(reader)
        else if (reader.isOver) break
        else await nextOf(reader, signal)
      }
      if (reader.problem !== null && !signal.aborted) throw new PodLogUnavailableError(podId, reader.problem)
    } finally {
      this.#readers.delete(requestId)
      if (!reader.isOver) this.#write({ frame: { $case: 'stopLog', value: { requestId } } })
    }
  }

  receive(chunk: LogChunk): void {
    const reader = this.#readers.get(chunk.requestId)
    if (!reader) return
    for (const { stream, text } of chunk.lines)
      reader.lines.push({ stream: stream === LogStream.LOG_STREAM_STDERR ? 'stderr' : 'stdout', text })
    const tooMany = reader.lines.length - WAITING_LINES_MAX
    if (tooMany > 0) reader.lines.splice(0, tooMany)
    reader.skippedLines += chunk.skippedLines + Math.max(0, tooMany)
    if (chunk.problem !== '') reader.problem = chunk.problem
    if (chunk.isLast || chunk.problem !== '') reader.isOver = true
    reader.wake()
  }

  endAll(problem: string): void {
    for (const reader of this.#readers.values()) {
      reader.isOver = true
      reader.problem = problem
      reader.wake()
    }
  }
}

function taken(reader: Reader): PodLogBatch {
  const { lines, skippedLines } = reader
  reader.lines = []
  reader.skippedLines = 0
  return { lines, skippedLines }
}

function nextOf(reader: Reader, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      signal.removeEventListener('abort', wake)
      reader.wake = () => undefined
      resolve()
    }
    reader.wake = wake
    signal.addEventListener('abort', wake, { once: true })
  })
}
