import { systemClock } from '@fornax/kernel/clock'
import type { Liveness } from '@fornax/node-model/application-version'
import { expect, it } from 'vitest'
import { untilUnhealthy, type Watched } from './liveness.ts'
import type { Probed } from './probe.ts'

const LIVENESS: Liveness = {
  probe: { kind: 'exec', command: ['/bin/check'] },
  initialDelayMs: 0,
  periodMs: 1,
  timeoutMs: 50,
  failureThreshold: 3,
}

it('gives a pod up after so many failures in a row, and says which probe it was', async () => {
  const { pod, asked } = answering([true, false, false, true, false, false, false])
  expect(
    await untilUnhealthy(
      LIVENESS,
      awake(() => pod),
      systemClock,
      AbortSignal.timeout(10_000),
    ),
  ).toBe('its probe by the command /bin/check failed 3 times in a row')
  expect(asked).toHaveLength(7)
  expect(asked[0]).toEqual({ command: ['/bin/check'], timeoutMs: 50 })
})

it('does not ask a pod that sleeps, and forgets what failed before', async () => {
  const { pod, asked } = answering([false, false, false, false, false])
  const sleeps = [false, false, true, true, false, false, true, false]
  let looks = 0
  const podOf = (): Probed | null => (sleeps[looks++] === true ? null : pod)
  await untilUnhealthy(LIVENESS, awake(podOf), systemClock, AbortSignal.timeout(10_000))
  expect(asked.length).toBeGreaterThan(3)
})

it('counts no probe during which the pod slept and woke again', async () => {
  let sleepCount = 0
  let asked = 0
  const pod: Probed = {
    probeAddress: () => null,
    execute: () => {
      asked += 1
      if (asked <= 12 && asked % LIVENESS.failureThreshold === 0) sleepCount += 1
      return Promise.resolve(false)
    },
  }
  await untilUnhealthy(
    LIVENESS,
    { podOf: () => pod, sleepCount: () => sleepCount },
    systemClock,
    AbortSignal.timeout(10_000),
  )
  expect(asked).toBe(15)
})

it('stops when nobody wants to know any longer', async () => {
  const abort = new AbortController()
  const watching = untilUnhealthy(
    LIVENESS,
    awake(() => null),
    systemClock,
    abort.signal,
  )
  abort.abort(new Error('enough'))
  await expect(watching).rejects.toThrow('enough')
})

/** Nobody puts it to sleep while it is asked. */
function awake(podOf: Watched['podOf']): Watched {
  return { podOf, sleepCount: () => 0 }
}

/** A pod that answers like this, and then that it is not well. */
function answering(answers: boolean[]) {
  const asked: { readonly command: readonly string[]; readonly timeoutMs: number }[] = []
  const pod: Probed = {
    probeAddress: () => null,
    execute: (command, timeoutMs) => {
      asked.push({ command, timeoutMs })
      return Promise.resolve(answers.shift() ?? false)
    },
  }
  return { pod, asked }
}
