/** Requests of a page that are kept from the API for a while, so that a test sees what there is only while they run. */
import { expect, type Page } from '@playwright/test'

export type HeldRequests = {
  /** Resolves when exactly so many are held. */
  readonly untilHeld: (count: number) => Promise<void>
  /** Lets them through, and all that come later. */
  readonly release: () => Promise<void>
}

/** Holds each mutation of this name. */
export async function hold(page: Page, mutation: string): Promise<HeldRequests> {
  let held = 0
  const gate = Promise.withResolvers<void>()
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes(`mutation ${mutation}(`) === true) {
      held += 1
      await gate.promise
    }
    await route.continue()
  })
  return {
    untilHeld: (count) => expect.poll(() => held).toBe(count),
    release: async () => {
      gate.resolve()
      await page.unrouteAll({ behavior: 'wait' })
    },
  }
}
