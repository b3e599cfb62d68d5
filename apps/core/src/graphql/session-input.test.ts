import { describe, expect, it } from 'vitest'
import type { OpenSessionInput } from './generated/resolver-types.ts'
import { toOpenSession } from './session-input.ts'

const KIB_64 = 64 * 1024

describe('the input of openSession', () => {
  it.each<[string, Partial<OpenSessionInput>, string]>([
    ['no time to open', { openTimeoutMs: 0 }, 'openTimeoutMs'],
    ['more than two minutes to open', { openTimeoutMs: 120_001 }, 'openTimeoutMs'],
    ['a negative grace', { closeGraceMs: -1 }, 'closeGraceMs'],
    ['no idle time', { idleTimeoutMs: 0 }, 'idleTimeoutMs'],
    ['no lifetime', { maxLifetimeMs: 0 }, 'maxLifetimeMs'],
    ['data of one byte too many', { data: base64(KIB_64 + 1) }, 'data'],
    ['data far too large', { data: 'A'.repeat(200_000) }, 'data'],
    ['data that is not base64', { data: 'ab$=' }, 'data'],
    ['data without its padding', { data: 'YQ' }, 'data'],
    ['data for URLs', { data: '-_-_' }, 'data'],
    ['data with a line break', { data: 'YWFh\nYWFh' }, 'data'],
    ['a variable without a name', { env: [{ name: '', value: '' }] }, 'env[0].name'],
    ['a variable with a space', { env: [pair('OK'), pair('A B')] }, 'env[1].name'],
    ['a variable twice', { env: [pair('A'), pair('B'), pair('A')] }, 'env[2].name'],
    ['a variable with a NUL', { env: [{ name: 'A', value: '\0' }] }, 'env[0].value'],
    ['too large an environment', { env: [{ name: 'A', value: 'x'.repeat(KIB_64) }] }, 'env'],
    ['too many labels', { labels: Array.from({ length: 65 }, (_, i) => pair(`l${i}`)) }, 'labels'],
    ['a label that begins with a dash', { labels: [pair('-a')] }, 'labels[0].name'],
    ['a label twice', { labels: [pair('a'), pair('a')] }, 'labels[1].name'],
    ['a label with a long value', { labels: [{ name: 'a', value: 'x'.repeat(257) }] }, 'labels[0].value'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
    ['a long key', { idempotencyKey: 'k'.repeat(257) }, 'idempotencyKey'],
  ])('with %s is refused, and names the field', (_what, given, field) => {
    expect(toOpenSession(input(given))).toMatchObject({ kind: 'invalid', problem: { field } })
  })

  it.each<[string, Partial<OpenSessionInput>]>([
    ['the least and the most', { openTimeoutMs: 1, closeGraceMs: 0, idleTimeoutMs: 1, maxLifetimeMs: 2 ** 31 - 1 }],
    ['the longest time to open', { openTimeoutMs: 120_000 }],
    ['64 KiB of data', { data: base64(KIB_64) }],
    ['nothing where nothing is possible', { data: '', env: [], labels: [], idempotencyKey: null, idleTimeoutMs: null }],
  ])('with %s is accepted', (_what, given) => {
    expect(toOpenSession(input(given))).toMatchObject({ kind: 'command' })
  })

  it('hands data on byte for byte', () => {
    const bytes = Uint8Array.from({ length: KIB_64 }, (_, i) => (i * 7) % 256)
    const parsed = toOpenSession(input({ data: Buffer.from(bytes).toString('base64') }))
    expect(parsed.kind === 'command' && parsed.command.request.data).toEqual(bytes)
  })

  it('has the same fingerprint for the same session, however it is asked for', () => {
    const one = input({ idempotencyKey: 'k', env: [pair('A'), pair('B')], labels: [pair('x'), pair('y')] })
    const same: OpenSessionInput = { ...one, env: [pair('B'), pair('A')], wait: 'none', durability: 'memory' }
    expect(fingerprint(same)).toBe(fingerprint(one))
    expect(fingerprint({ ...one, idempotencyKey: 'another' })).toBe(fingerprint(one))
  })

  it.each<Partial<OpenSessionInput>>([
    { application: 'other' },
    { openTimeoutMs: 1 },
    { closeGraceMs: 1 },
    { killPodOnClose: true },
    { idleTimeoutMs: 1 },
    { maxLifetimeMs: 1 },
    { data: 'YQ==' },
    { env: [pair('A')] },
    { labels: [pair('A')] },
  ])('has another fingerprint with %j', (change) => {
    const one = input({ idempotencyKey: 'k' })
    expect(fingerprint({ ...one, ...change })).not.toBe(fingerprint(one))
  })
})

function fingerprint(given: OpenSessionInput): string | undefined {
  const parsed = toOpenSession(given)
  return parsed.kind === 'command' ? parsed.command.request.idempotency?.fingerprint : undefined
}

function pair(name: string) {
  return { name, value: '1' }
}

function base64(bytes: number): string {
  return Buffer.alloc(bytes, 7).toString('base64')
}

function input(given: Partial<OpenSessionInput>): OpenSessionInput {
  return {
    application: 'hello',
    openTimeoutMs: 10_000,
    closeGraceMs: 60_000,
    killPodOnClose: false,
    wait: 'ready',
    durability: 'journaled',
    ...given,
  }
}
