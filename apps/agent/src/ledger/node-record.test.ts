import { systemClock, type Clock } from '@fornax/kernel/clock'
import { creatingPod } from '@fornax/node-model/pod-state'
import { describe, expect, it } from 'vitest'
import { LedgerFullError, type Ledger, type LedgerChange } from './ledger.ts'
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

describe('when there is no room for the ledger', () => {
  it('does and tells nothing that is not written down, and makes good for it when there is', () => {
    const clock = manualClock()
    const { record, happened, disk } = world(clock)
    disk.isFull = true
    record.put({ kind: 'removePod', podId: 'pod-1' })
    record.afterCommit(() => happened.push('effect'))
    record.report(aReport('pod-1'))
    record.flush()
    record.report(aReport('pod-2'))
    record.put({ kind: 'removeVersion', versionId: 'ver-1' })
    clock.fire()
    expect(happened).toEqual(['no room'])
    expect(record).toMatchObject({ hasRoom: false, revision: 0 })
    disk.isFull = false
    clock.fire()
    expect(happened).toEqual(['no room', 'commit removePod removeVersion 2', 'effect', 'room'])
    record.report(aReport('pod-3'))
    record.flush()
    expect(happened.slice(4)).toEqual(['commit 3', 'told 3: pod-3'])
  })

  it('tries again after a while, and not with every change', async () => {
    const clock = manualClock()
    const { record, disk } = world(clock)
    disk.isFull = true
    for (let port = 0; port < 200; port += 1) {
      record.put({ kind: 'removePortRest', port })
      await Promise.resolve()
    }
    expect(disk.attempts).toBe(1)
    clock.fire()
    expect(disk.attempts).toBe(2)
  })

  it('does at the end of the node what has to be done, and still tells nothing', () => {
    const { record, happened, disk } = world(manualClock())
    disk.isFull = true
    record.report(aReport('pod-1'))
    record.afterCommit(() => happened.push('effect'))
    record.flush()
    record.goOnWithoutRoom()
    record.report(aReport('pod-1'))
    record.afterCommit(() => happened.push('another'))
    record.flush()
    expect(happened).toEqual(['no room', 'effect', 'another'])
    expect(record).toMatchObject({ hasRoom: false, revision: 0 })
  })

  it('throws what is no lack of room', () => {
    const broken = new Error('the disk is gone')
    const record = new NodeRecord({ commit: () => raise(broken) }, systemClock, 0)
    record.report(aReport('pod-1'))
    expect(() => record.flush()).toThrow(broken)
  })
})

function world(clock: Clock = systemClock) {
  const happened: string[] = []
  const disk = { isFull: false, attempts: 0 }
  const ledger: Pick<Ledger, 'commit'> = {
    commit: (changes: readonly LedgerChange[], revision) => {
      disk.attempts += 1
      if (disk.isFull) throw new LedgerFullError('no room')
      happened.push(['commit', ...changes.map((change) => change.kind), revision].join(' '))
    },
  }
  const record = new NodeRecord(ledger, clock, 0)
  record.watchRoom((hasRoom) => happened.push(hasRoom ? 'room' : 'no room'))
  record.listen((first, reports) => {
    const names = reports.map((report) => (report.kind === 'pod' ? report.pod.podId : report.session.sessionId))
    happened.push(`told ${first}: ${names.join(' ')}`)
  })
  return { record, happened, disk }
}

function raise(error: Error): never {
  throw error
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
