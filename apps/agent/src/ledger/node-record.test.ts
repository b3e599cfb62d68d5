import { systemClock, type Clock } from '@fornax/kernel/clock'
import { creatingPod } from '@fornax/node-model/pod-state'
import { expect, it } from 'vitest'
import type { Ledger, LedgerChange } from './ledger.ts'
import { NodeRecord, type NodeReport } from './node-record.ts'

it('writes down, then does, then tells', async () => {
  const { record, happened } = world()
  record.report(aReport('pod-1'))
  record.afterCommit(() => happened.push('effect'))
  record.put({ kind: 'removePod', podId: 'pod-1' })
  await Promise.resolve()
  expect(happened).toEqual(['commit removePod 1', 'effect', 'told 1: pod-1'])
})

it('writes only the last of several changes of one thing', async () => {
  const { record, happened } = world()
  record.put({ kind: 'putPortRest', rest: { port: 20_000, untilMs: 1 } })
  record.put({ kind: 'removePortRest', port: 20_000 })
  await Promise.resolve()
  expect(happened).toEqual(['commit removePortRest 0'])
})

it('counts every report once, also those that nobody hears', async () => {
  const { record, happened } = world()
  record.listen(null)
  record.report(aReport('pod-1'))
  record.report(aReport('pod-2'))
  record.flush()
  record.listen((first, reports) => happened.push(`told ${first}: ${reports.length}`))
  record.report(aReport('pod-3'))
  record.flush()
  expect(happened).toEqual(['commit 2', 'commit 3', 'told 3: 1'])
  expect(record.revision).toBe(3)
})

it('what an effect changes comes in the next commit', async () => {
  const { record, happened } = world()
  record.afterCommit(() => record.report(aReport('pod-1')))
  record.flush()
  expect(happened).toEqual([])
  record.flush()
  expect(happened).toEqual(['commit 1', 'told 1: pod-1'])
})

it('gathers what comes fast, at most 1 ms or 64 things', async () => {
  const clock = manualClock()
  const { record, happened } = world(clock)
  for (let index = 0; index < 40; index += 1) {
    record.report(aReport(`pod-${index}`))
    await Promise.resolve()
  }
  const calm = happened.filter((entry) => entry.startsWith('told')).length
  expect(calm).toBe(16)
  clock.fire()
  expect(happened.filter((entry) => entry.startsWith('told'))).toHaveLength(calm + 1)
  for (let index = 0; index < 64; index += 1) record.report(aReport(`pod-${index}`))
  await Promise.resolve()
  expect(happened.filter((entry) => entry.startsWith('told'))).toHaveLength(calm + 2)
  expect(record.revision).toBe(104)
})

it('takes nothing more once it is closed', async () => {
  const { record, happened } = world()
  record.report(aReport('pod-1'))
  record.close()
  record.report(aReport('pod-2'))
  record.flush()
  await Promise.resolve()
  expect(happened).toEqual(['commit 1', 'told 1: pod-1'])
})

function world(clock: Clock = systemClock) {
  const happened: string[] = []
  const ledger: Pick<Ledger, 'commit'> = {
    commit: (changes: readonly LedgerChange[], revision) =>
      happened.push(['commit', ...changes.map((change) => change.kind), revision].join(' ')),
  }
  const record = new NodeRecord(ledger, clock, 0)
  record.listen((first, reports) => {
    const names = reports.map((report) => (report.kind === 'pod' ? report.pod.podId : report.session.sessionId))
    happened.push(`told ${first}: ${names.join(' ')}`)
  })
  return { record, happened }
}

function manualClock() {
  let planned: (() => void) | null = null
  return {
    nowMs: () => 1_000,
    schedule: (_delayMs: number, work: () => void) => {
      planned = work
      return () => (planned = null)
    },
    fire: () => planned?.(),
  }
}

function aReport(podId: string): NodeReport {
  return { kind: 'pod', pod: creatingPod({ podId, versionId: 'ver-1', runtime: 'process', createdAtMs: 0 }) }
}
