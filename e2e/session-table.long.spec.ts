/** Fifty thousand open sessions in one table with a live tail, and a page that is as light as with fifty. */
import {
  ApplicationDocument,
  CloseSessionDocument,
  CreateApplicationDocument,
  FleetDocument,
  OpenSessionsDocument,
} from '@fornax/client/generated/documents'
import type { Page } from '@playwright/test'
import { expect, expectLive, logIn, test } from './fixtures.ts'
import { traceFrames } from './frame-trace.ts'
import { heapBytes, mib, pass, tell } from './measure.ts'
import { startWorld, type World } from './world.ts'

const SESSIONS = 50_000
const SESSIONS_PER_POD = 50
const PODS = SESSIONS / SESSIONS_PER_POD
/** As many as the API takes at once. */
const BATCH = 500
const SCROLL_MS_P95_MAX = 8
/** A batch takes up to a whole frame, four times a second: it copies the list, and counts what is in it. */
const TAIL_MS_P95_MAX = 16
const INTERACTION_MS_MAX = 100
const HEAP_BYTES_MAX = 64 * 2 ** 20
const TRACE_MS = 6_000

test('fifty thousand sessions are scrolled, followed and filtered without a hitch', async ({ page, browser }) => {
  test.setTimeout(180_000)
  // A world of its own: nobody else wants so many sessions in theirs.
  await using world = await startWorld()
  await using simulation = await world.simulate({ nodes: 20, cpuMillis: 100_000 })
  void simulation
  await open(world)
  // The world ends before the page does, and would be missed.
  await using leaving = { [Symbol.asyncDispose]: async () => void (await page.goto('about:blank')) }
  void leaving
  await logIn(page, world.console, world.token)
  const table = page.getByRole('table', { name: 'Sessions' })
  const began = performance.now()
  await page.goto(`${world.console}/sessions`)
  await expect(table).toBeVisible()
  const firstMs = performance.now() - began
  await expect(table).toHaveAttribute('aria-rowcount', String(SESSIONS + 1), { timeout: 30_000 })
  console.log(`first rows after ${firstMs.toFixed(0)} ms, all after ${(performance.now() - began).toFixed(0)} ms`)
  await expectLive(page)

  const measured = async (what: string, p95Max: number, act: () => Promise<void>): Promise<void> => {
    const cost = await traceFrames(browser, page, act)
    tell(what, cost)
    expect(cost.cpuMs.p95, `${what}: script per frame, p95`).toBeLessThanOrEqual(p95Max)
    expect(cost.cpuMs.max, `${what}: the longest script`).toBeLessThanOrEqual(INTERACTION_MS_MAX)
  }
  await measured('scrolling', SCROLL_MS_P95_MAX, () => scroll(page))
  {
    await using tail = churn(world)
    void tail
    await page.mouse.move(0, 0)
    await page.keyboard.press('Home')
    await measured('live tail', TAIL_MS_P95_MAX, () => pass(TRACE_MS))
    await measured('scrolling in it', TAIL_MS_P95_MAX, () => scroll(page))
    const filter = page.getByRole('searchbox', { name: 'Filter sessions' })
    await measured('filtering it', TAIL_MS_P95_MAX, async () => {
      await filter.pressSequentially('sim-0012', { delay: 150 })
      await expect(page).toHaveURL(/q=sim-0012/)
      await pass(1_000)
    })
    await expect(page.getByText(/^[\d,]+ sessions match\.$/)).toBeVisible()
  }
  const heap = await heapBytes(page)
  console.log(`heap: ${mib(heap)}`)
  expect(heap).toBeLessThanOrEqual(HEAP_BYTES_MAX)
})

/** Turns the wheel over the table, notch by notch, as fast as the browser takes it. */
async function scroll(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Sessions, scrollable' }).hover()
  for (let turn = 0; turn < 200; turn += 1) await page.mouse.wheel(0, 120)
}

async function open({ client }: World): Promise<void> {
  const version = {
    image: 'simulated',
    toleratesSimulated: true,
    usesSessionService: true,
    sessionsPerPod: SESSIONS_PER_POD,
    resources: { cpuMillis: 200, memoryBytes: 2 ** 26 },
  }
  const pools = { many: { minPods: PODS, maxPods: PODS, burst: PODS }, tail: { minPods: 20, maxPods: 40, burst: 40 } }
  for (const [name, scalingPolicy] of Object.entries(pools)) {
    const { createApplication } = await client.request(CreateApplicationDocument, {
      input: { name, version, scalingPolicy },
    })
    expect(createApplication.problem).toBeNull()
  }
  for (const [name, { minPods }] of Object.entries(pools)) {
    const standby = async () => (await client.request(ApplicationDocument, { name })).application?.pool.standby
    await expect.poll(standby, { timeout: 60_000 }).toBeGreaterThanOrEqual(minPods)
  }
  for (let opened = 0; opened < SESSIONS; opened += BATCH) {
    const sessions = Array.from({ length: BATCH }, () => {
      return { application: 'many', wait: 'NONE', durability: 'MEMORY', openTimeoutMs: 120_000 } as const
    })
    const { openSessions } = await client.request(OpenSessionsDocument, { input: { sessions } })
    expect(openSessions.results.filter(({ problem }) => problem !== null)).toEqual([])
  }
  const waiting = async () => (await client.request(FleetDocument, {})).fleet.sessionsWaiting
  await expect.poll(waiting, { timeout: 60_000 }).toBe(0)
}

/** Some sixty sessions come in a second, and as many go after a while. */
function churn({ client }: World): AsyncDisposable {
  const ids: string[] = []
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const began = performance.now()
      const sessions = Array.from({ length: 10 }, () => {
        return { application: 'tail', wait: 'NONE', durability: 'MEMORY' } as const
      })
      const { openSessions } = await client.request(OpenSessionsDocument, { input: { sessions } })
      for (const { session } of openSessions.results) if (session) ids.push(session.id)
      while (ids.length > 100) await client.request(CloseSessionDocument, { input: { id: ids.shift() ?? '' } })
      await pass(Math.max(0, 150 - (performance.now() - began)))
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
