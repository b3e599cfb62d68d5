/**
 * How many connections the API holds at a time. Each takes a file of the process, and a process without any left can
 * neither write nor answer anybody; so connections beyond the bound are closed at once, and the log says why.
 */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'

/** However many files there may be: each connection costs memory too, some 20 KB. */
const CONNECTIONS_MAX = 50_000
/** Files for everything else: the database, the node link, logs. */
const OTHER_FILES = 2_000
/** Where nobody can say how many files there may be. */
const UNKNOWN_FILES = 10_000
const SAID_EVERY_MS = 60_000

/** The most connections for a process that may have so many files open; null: nobody knows. */
export function connectionsFor(filesMax: number | null): number {
  const files = filesMax ?? UNKNOWN_FILES
  return Math.min(CONNECTIONS_MAX, Math.max(Math.floor(files / 2), files - OTHER_FILES))
}

/** How many files this process may have open, where Linux says it; null elsewhere. */
export function openFilesMax(): number | null {
  try {
    const [, files = ''] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return files === '' ? null : Number(files)
  } catch {
    return null // Not Linux.
  }
}

/** Bounds what a server accepts, and says at most once a minute that it refused somebody. */
export function boundConnections(
  http: Server,
  connectionsMax: number,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): void {
  http.maxConnections = connectionsMax
  let refused = 0
  let saidAtMs = -Infinity
  http.on('drop', () => {
    refused += 1
    const nowMs = clock.nowMs()
    if (nowMs - saidAtMs < SAID_EVERY_MS) return
    const remedy = 'if they are wanted, let the core have more open files (ulimit -n, LimitNOFILE)'
    log.error({ connectionsMax, refused, remedy }, 'the API has too many connections, and closes new ones')
    saidAtMs = nowMs
    refused = 0
  })
}
