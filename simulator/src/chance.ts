/**
 * Chance with a seed, one stream for each purpose: what one part of a run draws does not move what another draws,
 * so that a run from which something was taken out stays the same elsewhere.
 */
import { invariant } from '@fornax/kernel/assert'
import type { Random } from '@fornax/kernel/random'

export type Chance = Random & {
  /** From 0 up to, and not including, 1. */
  share(): number
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  /** True for that share of the calls. */
  isHit(probability: number): boolean
  oneOf<T>(things: readonly T[]): T
}

/** The stream of a purpose: the same seed and purpose give the same stream. */
export function chanceOf(seed: number, purpose: string): Chance {
  const next = sfc32(hash128(`${seed}/${purpose}`))
  const nextInt = (below: number): number => Math.floor((next() / TWO_TO_32) * below)
  return {
    nextInt,
    share: () => next() / TWO_TO_32,
    between: (least, most) => least + nextInt(most - least + 1),
    isHit: (probability) => next() / TWO_TO_32 < probability,
    oneOf: (things) => {
      const thing = things[nextInt(things.length)]
      invariant(thing !== undefined, 'there is something to choose from')
      return thing
    },
  }
}

const TWO_TO_32 = 4_294_967_296

type Words = [number, number, number, number]

/** Chris Doty-Humphrey's small fast counter: 128 bits of state, passes PractRand. */
function sfc32(words: Words): () => number {
  let [a, b, c, d] = words
  return () => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
}

/** MurmurHash3's mixing, once for each word. */
function hash128(text: string): Words {
  const words: Words = [1_779_033_703, 3_144_134_277, 1_013_904_242, 2_773_480_762]
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    words[0] = words[1] ^ Math.imul(words[0] ^ code, 597_399_067)
    words[1] = words[2] ^ Math.imul(words[1] ^ code, 2_869_860_233)
    words[2] = words[3] ^ Math.imul(words[2] ^ code, 951_274_213)
    words[3] = words[0] ^ Math.imul(words[3] ^ code, 2_716_044_179)
  }
  return [mixed(words[0]), mixed(words[1]), mixed(words[2]), mixed(words[3] + text.length)]
}

function mixed(word: number): number {
  let bits = word ^ (word >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
