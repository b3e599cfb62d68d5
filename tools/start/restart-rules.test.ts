import { describe, expect, it } from 'vitest'
import { judgeDeath, type RestartVerdict } from './restart-rules.ts'

describe('judgeDeath', () => {
  it('restarts three times in a minute, and gives up at the fourth death', () => {
    expect(lifeOf([0, 1_000, 2_000, 3_000])).toEqual(['restart', 'restart', 'restart', 'giveUp'])
  })

  it('forgets what is a minute old', () => {
    expect(lifeOf([0, 1_000, 2_000, 60_000])).toEqual(['restart', 'restart', 'restart', 'restart'])
    expect(lifeOf([0, 1_000, 2_000, 59_999])).toEqual(['restart', 'restart', 'restart', 'giveUp'])
  })

  it('goes on for ever with a part that dies now and then', () => {
    const deaths = Array.from({ length: 100 }, (_, index) => index * 21_000)
    expect(new Set(lifeOf(deaths))).toEqual(new Set(['restart']))
  })

  it('counts the attempts of this minute', () => {
    expect(judgeDeath([0, 50_000], 61_000)).toEqual({ kind: 'restart', deathsMs: [50_000, 61_000], attempt: 2 })
  })
})

function lifeOf(deathsMs: readonly number[]): RestartVerdict['kind'][] {
  let earlier: readonly number[] = []
  return deathsMs.map((nowMs) => {
    const verdict = judgeDeath(earlier, nowMs)
    if (verdict.kind === 'restart') earlier = verdict.deathsMs
    return verdict.kind
  })
}
