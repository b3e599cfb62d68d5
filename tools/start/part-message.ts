/** What a part says over its channel. */
import { z } from 'zod'

const readyMessage = z.object({
  type: z.literal('ready'),
  /** The core: where its API answers, as `http://host:port`. */
  api: z.string().optional(),
  /** The core: where agents join, as `host:port`. */
  nodeLink: z.string().optional(),
  /** The console: where it answers, as `http://host:port`. */
  console: z.string().optional(),
})

/** A part is up, and says where. */
export type Ready = z.infer<typeof readyMessage>

/** Null when the message says something else. */
export function parseReady(message: unknown): Ready | null {
  return readyMessage.safeParse(message).data ?? null
}

/**
 * Asks a part to end as Ctrl-C of everything ends it: an agent ends its pods first.
 * A signal, or a channel that closes, means the part alone, and pods stay.
 */
export const STOP_EVERYTHING = { type: 'stop', pods: 'end' } as const
