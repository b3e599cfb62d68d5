/**
 * How much of an image has arrived while it is pulled. The Container Runtime Interface does not tell; containerd's
 * content store does, for all pulls of its namespace at once: pulls that overlap are counted together.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { CriClient } from './cri-client.ts'

const LOOK_MS = 500

type Arrival = {
  readonly client: Pick<CriClient, 'arriving'>
  readonly clock: Clock
  readonly arrived: (bytes: number) => void
}

/** Tells the sum every so often, when it has grown, until it is disposed of. */
export function watchArrival({ client, clock, arrived }: Arrival): Disposable {
  /** The most that was seen of each part: one that is complete is not listed any more. */
  const seen = new Map<string, number>()
  let told = 0
  let isOver = false
  let cancel: Cancel
  const look = async (): Promise<void> => {
    const parts = await client.arriving().catch(() => new Map<string, number>()) // The pull itself says what is wrong.
    for (const [part, bytes] of parts) seen.set(part, Math.max(bytes, seen.get(part) ?? 0))
    const sum = seen.values().reduce((total, bytes) => total + bytes, 0)
    if (isOver) return
    if (sum > told) arrived((told = sum))
    cancel = clock.schedule(LOOK_MS, () => void look())
  }
  cancel = clock.schedule(LOOK_MS, () => void look())
  return {
    [Symbol.dispose]: () => {
      isOver = true
      cancel()
    },
  }
}
