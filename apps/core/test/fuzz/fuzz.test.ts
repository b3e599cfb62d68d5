import { it } from 'vitest'
import { fuzzNodeLink, fuzzRequests, fuzzSessionSocket } from './fuzz-all.ts'

/** The same nonsense each time, so that a change of the product is what is found; the long test makes more of it. */
const FUZZ = { seed: 20_261_121, count: 5_000 }
const patience = { timeout: 180_000 }

it('answers 5,000 requests that make no sense in words, and stays as it is', patience, () => fuzzRequests(FUZZ))

it('takes 5,000 frames of a node that make no sense, and lets an honest one in', patience, () => fuzzNodeLink(FUZZ))

it('takes 5,000 frames of a pod that make no sense, and welcomes an honest one', patience, () =>
  fuzzSessionSocket(FUZZ),
)
