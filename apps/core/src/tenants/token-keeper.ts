/** Writes down when tokens were used, now and then, and takes those away that have ended. */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { TenantDirectory } from './tenant-directory.ts'

export type TokenKeeperPorts = { readonly clock: Clock; readonly log: Log; readonly tenants: TenantDirectory }

const EVERY_MS = 30_000

export class TokenKeeper implements AsyncDisposable {
  readonly #ports: TokenKeeperPorts
  #cancel: Cancel = () => undefined
  #tidying: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(ports: TokenKeeperPorts) {
    this.#ports = ports
    this.#again()
  }

  /** What was used since the last time is written before the store closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#tidying
    await this.#tidy()
  }

  #again(): void {
    if (this.#isClosed) return
    this.#cancel = this.#ports.clock.schedule(EVERY_MS, () => {
      this.#tidying = this.#tidy().then(() => this.#again())
    })
  }

  async #tidy(): Promise<void> {
    const { tenants, log } = this.#ports
    await tenants
      .tidyTokens()
      .catch((cause: unknown) => log.warn({ err: cause }, 'when tokens were used could not be written; trying again'))
  }
}
