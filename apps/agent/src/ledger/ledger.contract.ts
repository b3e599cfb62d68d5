/** What every ledger must do. */
import { VERSION_DEFAULTS, type ApplicationVersion } from '@fornax/node-model/application-version'
import { waitingSession } from '@fornax/node-model/node-session-state'
import { creatingPod } from '@fornax/node-model/pod-state'
import { describe, expect, it } from 'vitest'
import type { Ledger, LedgerChange, LedgerPod } from './ledger.ts'

export type LedgerFixture = {
  /** Opens the ledger over what the one before it left. */
  open(): Ledger
  remove(): void
}

/** Runs the suite. */
export function describeLedgerContract(name: string, makeFixture: () => LedgerFixture): void {
  describe(`${name}: every ledger`, () => {
    it('begins empty, with an id of its own', () => {
      const [ledgerId, ...others] = reopened(makeFixture, () => undefined).map((contents) => contents.ledgerId)
      expect(ledgerId).toMatch(/^led-/)
      expect(others).toEqual([ledgerId])
      expect(reopened(makeFixture, () => undefined)[0]?.ledgerId).not.toBe(ledgerId)
    })

    it('keeps everything that was committed, exactly', () => {
      const [now, later] = reopened(makeFixture, (ledger) => ledger.commit(everything, 41))
      expect(later).toEqual(now)
      expect(later).toMatchObject({
        revision: 41,
        epochMarks: [{ coreId: 'cor-1', epoch: 7, proof: 'of 7' }],
        versions: [version],
        pods: [pod],
        sessions: [session],
        portRests: [{ port: 20_000, untilMs: 5_000 }],
      })
    })

    it('replaces what it has of a thing, and forgets what was removed', () => {
      const standby: LedgerPod = { ...pod, pod: { ...pod.pod, phase: 'standby' }, handle: '{"pid":2}' }
      const [, later] = reopened(makeFixture, (ledger) => {
        ledger.commit(everything, 41)
        ledger.commit(
          [
            { kind: 'putPod', row: standby },
            { kind: 'removeSession', sessionId: session.sessionId },
          ],
          42,
        )
        ledger.commit(
          [
            { kind: 'removeVersion', versionId: version.versionId },
            { kind: 'removePortRest', port: 20_000 },
          ],
          43,
        )
        ledger.commit([{ kind: 'removePod', podId: 'pod-nobody' }], 43)
      })
      expect(later).toMatchObject({ revision: 43, pods: [standby], sessions: [], versions: [], portRests: [] })
    })

    it('keeps the data of a session byte for byte', () => {
      const data = Uint8Array.from({ length: 65_536 }, (_, index) => index % 256)
      const [, later] = reopened(makeFixture, (ledger) => {
        ledger.commit([{ kind: 'putSession', session: { ...session, order: { data, env: { A: '=' } } } }], 1)
      })
      expect(later?.sessions[0]?.order?.env).toEqual({ A: '=' })
      expect(Buffer.from(later?.sessions[0]?.order?.data ?? []).equals(data)).toBe(true)
    })
  })
}

/** The contents before and after the ledger was opened again. */
function reopened(makeFixture: () => LedgerFixture, use: (ledger: Ledger) => void): ReturnType<Ledger['load']>[] {
  const fixture = makeFixture()
  try {
    return [use, (): void => undefined].map((act) => {
      using ledger = fixture.open()
      act(ledger)
      return ledger.load()
    })
  } finally {
    fixture.remove()
  }
}

const version: ApplicationVersion = {
  versionId: 'ver-1',
  applicationName: 'demo',
  versionNumber: 3,
  image: 'host',
  command: ['node'],
  args: ['-e', `console.log('"')`],
  env: { MODE: 'a b' },
  ports: [{ name: 'web', protocol: 'http', containerPort: 80 }],
  cpuMillis: 100,
  memoryBytes: 2 ** 33,
  runtimeClass: '',
  minIsolation: 'namespace',
  sessionsPerPod: 1,
  readiness: { probe: { kind: 'http', portName: 'web', path: '/' }, initialDelayMs: 0, periodMs: 5, timeoutMs: 9 },
  usesSessionService: true,
  workingDirectory: '',
  ...VERSION_DEFAULTS,
}

const pod: LedgerPod = {
  pod: creatingPod({ podId: 'pod-1', versionId: 'ver-1', runtime: 'process', createdAtMs: 1_000 }),
  handle: null,
  hostPorts: [20_001],
  sessionFolder: '/tmp/pod-1',
  needsSecrets: true,
}

const session = waitingSession({
  sessionId: 'ses-1',
  podId: 'pod-1',
  grantEpoch: 1,
  order: null,
  deadlineMs: 9_000,
})

const everything: readonly LedgerChange[] = [
  { kind: 'putVersion', version },
  { kind: 'putPod', row: pod },
  { kind: 'putSession', session },
  { kind: 'putEpochMarks', marks: [{ coreId: 'cor-1', epoch: 7, proof: 'of 7' }] },
  { kind: 'putPortRest', rest: { port: 20_000, untilMs: 5_000 } },
]
