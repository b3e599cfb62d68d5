/** Randomness as a dependency: seeded in simulations, so that a run can be repeated. */
export interface Random {
  /** A whole number from 0 up to, and not including, `below`. */
  nextInt(below: number): number
}

/** Marsaglia's xorshift32: good enough to spread load, and never for secrets. `seed` must not be 0. */
export function seededRandom(seed: number): Random {
  let state = seed | 0 || 1
  return {
    nextInt: (below) => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) % below
    },
  }
}
