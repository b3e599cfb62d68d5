import { it } from 'vitest'
import { tellStories } from '../support/random-story.ts'

it('keeps the invariants under very many stories, and comes to rest', () => tellStories(10_000))
