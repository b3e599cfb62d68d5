/**
 * Proves to a later core of the cluster which epochs there were. Each node is given a proof with the hello, for itself
 * alone, and shows it when it has seen a higher epoch than that of the core it speaks to: a database was restored. So a
 * node can make no core believe in an epoch that there never was, nor in one that it has not been greeted with; and a core
 * follows none with which it has greeted the node itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** An epoch with which a core greeted the ledger of a node. */
export type GreetedEpoch = { readonly epoch: number; readonly ledgerId: string }

export class EpochSeal {
  readonly #key: Uint8Array
  readonly #coreId: string

  /** `key`: what all cores of the cluster share, and no node has; it outlives the database. */
  constructor(key: Uint8Array, coreId: string) {
    this.#key = createHmac('sha256', key).update('epochs of cores').digest()
    this.#coreId = coreId
  }

  proof({ epoch, ledgerId }: GreetedEpoch): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([this.#coreId, epoch, ledgerId]))
      .digest('base64url')
  }

  isProof(greeted: GreetedEpoch, given: string | undefined): boolean {
    const right = Buffer.from(this.proof(greeted))
    const shown = Buffer.from(given ?? '')
    return shown.length === right.length && timingSafeEqual(shown, right)
  }
}
