import { describe, expect, it } from 'vitest'
import { identityProblem, joinProblem, RENEWABLE_MS, renewalProblem, type Asking } from './admission-rules.ts'
import type { JoinToken, NodeIdentity } from './node-identity.ts'

const token: JoinToken = {
  id: 'jtk-1',
  secretHash: '',
  nodeName: null,
  createdAtMs: 100,
  expiresAtMs: 200,
  usedAtMs: null,
  usedBy: null,
}
const identity: NodeIdentity = {
  name: 'node-a',
  identityId: 'nid-1',
  joinedAtMs: 0,
  issuedAtMs: 0,
  expiresAtMs: 1_000,
  revokedAtMs: null,
}
const asking: Asking = { nodeName: 'node-a', ledgerId: 'led-1', token, before: null, connectedLedger: null, nowMs: 150 }

describe('joining', () => {
  it.each<[string, Partial<Asking>, ReturnType<typeof joinProblem>]>([
    ['A1: a token that is good', {}, null],
    ['A1: the standing token, at any time', { token: 'standing', nowMs: 9_999 }, null],
    ['A1: nobody’s token', { token: null }, 'unknownToken'],
    ['A1: a token that was used', { token: { ...token, usedAtMs: 120 } }, 'usedToken'],
    ['A1: a token at its end', { nowMs: 200 }, 'expiredToken'],
    ['A1: a token of another name', { token: { ...token, nodeName: 'node-b' } }, 'tokenOfOtherName'],
    ['A1: a token of this name', { token: { ...token, nodeName: 'node-a' } }, null],
    ['A2: a name that another machine has now', { connectedLedger: 'led-2' }, 'nameTaken'],
    ['A2: a name that this machine has now', { connectedLedger: 'led-1' }, null],
    [
      'A3: a revoked name, by the standing token',
      { before: { ...identity, revokedAtMs: 90 }, token: 'standing' },
      'revoked',
    ],
    ['A3: a revoked name, by a token of before', { before: { ...identity, revokedAtMs: 101 } }, 'revoked'],
    ['A3: a revoked name, by a later token', { before: { ...identity, revokedAtMs: 100 } }, null],
  ])('%s', (_what, change, problem) => expect(joinProblem({ ...asking, ...change })).toBe(problem))
})

describe('going on', () => {
  it('A4: is for the newest identity of a name, while it is not revoked', () => {
    expect(identityProblem(identity, 'nid-1')).toBeNull()
    expect(identityProblem(identity, 'nid-0')).toBe('superseded')
    expect(identityProblem(null, 'nid-1')).toBe('unknownNode')
    expect(identityProblem({ ...identity, revokedAtMs: 1 }, 'nid-1')).toBe('revoked')
  })

  it('A5: is possible for a while after the end of a certificate, and then no longer', () => {
    const shown = { identityId: 'nid-1', notAfterMs: 1_000 }
    expect(renewalProblem(identity, shown, 1_000 + RENEWABLE_MS)).toBeNull()
    expect(renewalProblem(identity, shown, 1_001 + RENEWABLE_MS)).toBe('expiredCertificate')
    expect(renewalProblem({ ...identity, revokedAtMs: 1 }, shown, 0)).toBe('revoked')
  })
})
