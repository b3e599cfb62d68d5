import { it } from 'vitest'
import { tellStories } from '../support/random-story.ts'

it('keeps the invariants under any story, and comes to rest', () => tellStories(100))
