/** The world of a command: where it writes, what it reads, and what it may know about both. */
import type { Clock } from '@fornax/kernel/clock'

export type Terminal = {
  /** Results: what another program may read. */
  readonly out: (text: string) => void
  /** Everything said to the person beside that. */
  readonly err: (text: string) => void
  /** Whether results go to a person's screen. */
  readonly isScreen: boolean
  readonly hasColour: boolean
  /** All of the standard input. */
  readonly readInput: () => Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  readonly clock: Clock
}
