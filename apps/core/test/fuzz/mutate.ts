/** Seeded mutations: the same seed makes the same nonsense, so that what is found can be looked at again. */
import { seededRandom } from '@fornax/kernel/random'

export type Chance = {
  /** A whole number from 0 up to, but not, `end`. */
  below(end: number): number
  pick<T>(items: readonly T[]): T
  isHit(share: number): boolean
}

export function chanceOf(seed: number): Chance {
  // Seeds that follow each other begin alike; a multiplication by Knuth's constant keeps them apart.
  const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1))
  for (let round = 0; round < 4; round += 1) random.nextInt(2)
  const below = (end: number): number => random.nextInt(Math.max(1, end))
  return {
    below,
    pick: <T>(items: readonly T[]): T => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('there is nothing to pick')
      return item
    },
    isHit: (share) => below(1_000) < share * 1_000,
  }
}

const NASTY: readonly string[] = [
  ['{', '}', '{{{{{{', '}}}}', '(', '[[[[', '...', '@', '$', '!', ':', '#', '"""', '\\u0000', '\u0000', '\uFEFF'],
  ['-1', '0', '9223372036854775808', '1e999', 'NaN', 'null', 'true', '""', '"\\uD800"', '💥', '__proto__'],
  ['constructor', 'toString', '__schema', '__typename', '__type(name: "Query")', 'fragment', 'on Query', 'mutation'],
  [
    "' OR 1=1 --",
    '../../../../etc/passwd',
    '<script>',
    '%s%s%n',
    'a'.repeat(10_000),
    '{a'.repeat(300),
    '🧨'.repeat(500),
  ],
].flat()

/** A text with a few things wrong. */
export function mutateText(text: string, chance: Chance): string {
  let mutated = text
  for (let count = 1 + chance.below(4); count > 0; count -= 1) mutated = mutateTextOnce(mutated, chance)
  return mutated
}

function mutateTextOnce(text: string, chance: Chance): string {
  const at = chance.below(text.length + 1)
  const end = at + chance.below(Math.min(40, text.length - at + 1))
  switch (chance.below(6)) {
    case 0:
      return text.slice(0, at) + text.slice(end)
    case 1:
      return text.slice(0, at) + chance.pick(NASTY) + text.slice(at)
    case 2:
      return text.slice(0, end) + text.slice(at, end).repeat(1 + chance.below(20)) + text.slice(end)
    case 3:
      return text.slice(0, at) + String.fromCharCode(chance.below(0x10000)) + text.slice(at + 1)
    case 4: {
      const words = text.split(/\b/)
      const [one, other] = [chance.below(words.length), chance.below(words.length)]
      return words.map((word, index) => (index === one ? (words[other] ?? '') : word)).join('')
    }
    default:
      return text.replaceAll(/\d+/g, () => chance.pick(['-1', '0', '999999999999', '1e400', '0x10']))
  }
}

/** Any JSON, often of the wrong type. */
export function anyJson(chance: Chance, depth = 0): unknown {
  switch (chance.below(depth > 3 ? 6 : 8)) {
    case 0:
      return null
    case 1:
      return chance.isHit(0.5)
    case 2:
      return chance.pick([0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308])
    case 3:
    case 4:
    case 5:
      return chance.pick(NASTY)
    case 6:
      return Array.from({ length: chance.below(5) }, () => anyJson(chance, depth + 1))
    default:
      return Object.fromEntries(
        Array.from({ length: chance.below(5) }, () => [chance.pick(NASTY).slice(0, 50), anyJson(chance, depth + 1)]),
      )
  }
}

/** Bytes with a few things wrong. */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Buffer {
  let mutated = Buffer.from(bytes)
  for (let count = 1 + chance.below(5); count > 0; count -= 1) {
    const at = chance.below(mutated.length + 1)
    switch (chance.below(5)) {
      case 0:
        mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + chance.below(20))])
        break
      case 1:
        mutated = Buffer.concat([
          mutated.subarray(0, at),
          randomBytes(chance, 1 + chance.below(30)),
          mutated.subarray(at),
        ])
        break
      case 2:
        mutated = Buffer.concat([mutated, mutated.subarray(at)])
        break
      default:
        if (at < mutated.length) mutated[at] = chance.below(256)
    }
  }
  return mutated
}

function randomBytes(chance: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.below(256)))
}
