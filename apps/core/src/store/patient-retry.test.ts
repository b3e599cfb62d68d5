import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { PatientRetry } from './patient-retry.ts'

const away = new Error('away')
const wrong = new Error('wrong')

it('tries again until it works', async () => {
  const { retry, clock } = world()
  let attempts = 0
  const result = retry.run(async () => {
    attempts += 1
    if (attempts < 4) throw away
    return 'done'
  })
  await pass(clock, 1_000)
  expect(await result).toBe('done')
  expect(attempts).toBe(4)
})

it('gives up when its patience is over, with what was wrong', async () => {
  const { retry, clock } = world()
  const result = retry.run(() => Promise.reject(away)).catch((error: unknown) => ({ error, atMs: clock.nowMs() }))
  await pass(clock, 20_000)
  expect(await result).toMatchObject({ error: away, atMs: expect.closeTo(clock.nowMs() - 10_000, -4) })
})

it('lets who comes later wait only for the rest, and is patient again after it worked', async () => {
  const { retry, clock } = world()
  const first = retry.run(() => Promise.reject(away)).catch(() => 'gave up')
  await pass(clock, 20_000)
  expect(await first).toBe('gave up')
  expect(await retry.run(() => Promise.reject(away)).catch(() => 'at once')).toBe('at once')
  await retry.run(() => Promise.resolve())
  const third = retry.run(() => Promise.reject(away)).catch(() => 'later')
  expect(clock.waiting).toBe(0)
  await pass(clock, 0)
  expect(clock.waiting).toBe(1)
  await pass(clock, 20_000)
  expect(await third).toBe('later')
})

it('does not try again what cannot work', async () => {
  const { retry, clock } = world()
  await expect(retry.run(() => Promise.reject(wrong))).rejects.toBe(wrong)
  expect(clock.waiting).toBe(0)
})

function world(): { retry: PatientRetry; clock: VirtualClock } {
  const clock = new VirtualClock()
  return { clock, retry: new PatientRetry({ clock, patienceMs: 10_000, isWorthIt: (error) => error === away }) }
}

/** Time in small steps, so that each timer's work is done before the next one. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
