import { it } from 'vitest'
import { fuzzNodeLink, fuzzRequests, fuzzSessionSocket } from './fuzz-all.ts'

const FUZZ = { seed: 1, count: 100_000 }

it('answers 100,000 requests that make no sense in words, and stays as it is', () => fuzzRequests(FUZZ))

it('takes 100,000 frames of a node that make no sense, and lets an honest one in', () => fuzzNodeLink(FUZZ))

it('takes 100,000 frames of a pod that make no sense, and welcomes an honest one', () => fuzzSessionSocket(FUZZ))
