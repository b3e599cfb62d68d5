import { it } from 'vitest'
import { tellStories } from '../support/random-story.ts'

/** The same stories each time, so that a change of the fleet is what makes them end badly; the long test tells new ones. */
const SEED = 20_261_121

it('keeps the invariants under any story, and comes to rest', () => tellStories(100, { seed: SEED }))

it('I3: says honestly why a session ended that an earlier core had asked to close', () =>
  tellStories(100, { seed: 748_812_735, path: '14:0:2:0:1:1:4:7:12:13:19:15:22:23:22:22' }))
