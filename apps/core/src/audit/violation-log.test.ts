import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import type { Violation } from './evidence.ts'
import { ViolationLog } from './violation-log.ts'

it('writes a violation once, with its evidence, and again after an hour', () => {
  const { log, lines, clock } = started()
  for (let minute = 0; minute < 59; minute += 1) {
    log.found(violation('pod-1'))
    clock.advance(60_000)
  }
  expect(lines).toEqual([{ ...violation('pod-1') }])
  clock.advance(60_000)
  log.found(violation('pod-1'))
  expect(lines).toHaveLength(2)
})

it('writes few lines in a minute, and how many it has left out', () => {
  const { log, lines, clock } = started()
  for (let pod = 0; pod < 100; pod += 1) log.found(violation(`pod-${pod}`))
  expect(lines).toHaveLength(20)
  clock.advance(60_000)
  log.found(violation('pod-101'))
  log.found(violation('pod-102'))
  expect(lines.slice(20)).toEqual([{ ...violation('pod-101'), unwritten: 80 }, { ...violation('pod-102') }])
})

it('remembers so many of what it wrote, and then forgets the oldest', () => {
  const { log, lines, clock } = started()
  for (let pod = 0; pod <= 1_000; pod += 1) {
    log.found(violation(`pod-${pod}`))
    if (pod % 20 === 19) clock.advance(60_000)
    if (pod % 500 === 499) expect(lines).toHaveLength(pod + 1)
  }
  clock.advance(60_000)
  log.found(violation('pod-1000'))
  expect(lines).toHaveLength(1_001)
  log.found(violation('pod-0'))
  expect(lines).toHaveLength(1_002)
})

function started(): { log: ViolationLog; lines: unknown[]; clock: VirtualClock } {
  const lines: unknown[] = []
  const clock = new VirtualClock()
  return { log: new ViolationLog({ error: (line: unknown) => void lines.push(line) }, clock), lines, clock }
}

function violation(podId: string): Violation {
  return { invariant: 'I1', what: 'a pod is wrong', objects: [`pod ${podId}`], evidence: { slots: 1 } }
}
