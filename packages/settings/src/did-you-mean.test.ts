import { describe, expect, it } from 'vitest'
import { didYouMean } from './did-you-mean.ts'

describe('didYouMean', () => {
  it('finds a word with a slip in it', () => expect(didYouMean('sesions', ['sessions', 'pods'])).toBe('sessions'))
  it('ignores case', () => expect(didYouMean('SESSIONS', ['sessions', 'pods'])).toBe('sessions'))
  it('prefers saying nothing to a far guess', () => expect(didYouMean('zebra', ['sessions', 'pods'])).toBeNull())
  it('has nothing to say without known words', () => expect(didYouMean('pods', [])).toBeNull())
})
