/** One structured log for every part: a line of JSON each, to standard output. */
import { pino, type Logger } from 'pino'

export type Log = Logger

/** `level` is pino's: `debug`, `info`, `warn`, `error` or `silent`. */
export function createLog(part: string, level: string): Log {
  return pino({ level, base: { part }, redact: ['token', 'authorization', '*.token', '*.authorization'] })
}
