import { expect, it } from 'vitest'
import { inputSummary } from './input-summary.ts'
import { digestOf, sessionsFact, type WrittenSession } from './session-digest.ts'

it('T5: a group of sessions is one fact, whose digest knows each of them and no order', () => {
  const one = session('ses-1', 'available')
  const two = { ...session('ses-2', 'closed'), closedAtMs: 9, closeReason: 'requested' }
  expect(sessionsFact([one, two])?.after).toEqual({ opened: 1, closed: 1, digest: digestOf([two, one]) })
  expect(sessionsFact([])).toBeNull()
  const changes: Partial<WrittenSession>[] = [
    { tenantId: 'ten-2' },
    { createdAtMs: 6 },
    { applicationId: 'app-2' },
    { id: 'ses-3' },
  ]
  for (const change of changes) expect(digestOf([{ ...one, ...change }, two])).not.toBe(digestOf([one, two]))
  const by = { id: 'tok-1', source: '::1', requestId: 'r-1' }
  const steps: WrittenSession['timeline'][] = [
    [{ step: 'asked', by }],
    [{ step: 'asked', by: { ...by, id: 'tok-2' } }],
    [{ step: 'asked' }],
  ]
  steps.push([{ step: 'asked' }, { step: 'closing', by }, { step: 'closed' }])
  steps.push([{ step: 'asked' }, { step: 'closing', by: { ...by, requestId: 'r-2' } }, { step: 'closed' }])
  expect(new Set(steps.map((timeline) => digestOf([one, { ...two, timeline }]))).size).toBe(steps.length)
  expect(digestOf([one, { ...two, closeReason: 'drained' }])).not.toBe(digestOf([one, two]))
})

it('T6: what may be secret is not in the summary of an input, nor what has no end', () => {
  const summary = inputSummary({
    name: 'hello',
    token: 'a',
    newPassword: 'b',
    version: { image: 'host', command: ['--key=c'], env: [{ name: 'KEY', value: 'd' }], imagePullSecrets: ['name'] },
    data: 'e',
    labels: [{ name: 'team', value: 'f' }],
    long: 'x'.repeat(10_000),
    deep: { l1: { l2: { l3: { l4: { l5: { l6: 'g' } } } } } },
  })
  const text = JSON.stringify(summary)
  expect(text).toContain('hello')
  for (const secret of ['"a"', '"b"', '--key=c', '"d"', '"e"', '"f"', '"g"']) expect(text).not.toContain(secret)
  expect(text.length).toBeLessThan(1_000)
})

function session(id: string, phase: string): WrittenSession {
  return {
    id,
    phase,
    tenantId: 'ten-1',
    applicationId: 'app-1',
    createdAtMs: 5,
    closedAtMs: null,
    closeReason: null,
    timeline: [],
  }
}
