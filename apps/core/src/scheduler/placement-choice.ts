/**
 * How a node was chosen, in one number: each pod keeps one, and there are hundreds of thousands of them.
 *
 *     bits 0–3 nodes compared · bit 4 had the version · bits 5–12 pods of the application there · bit 13 known
 */
export type PlacementChoice = {
  readonly nodesCompared: number
  readonly hadVersion: boolean
  /** At most 255. */
  readonly podsOfApplication: number
}

/** Nobody chose here, or nobody remembers. */
export const NO_CHOICE = 0

const KNOWN = 1 << 13
const HAD_VERSION = 1 << 4
const COMPARED_MAX = 15
const PODS_MAX = 255

export function packChoice(nodesCompared: number, hadVersion: boolean, podsOfApplication: number): number {
  const pods = Math.min(podsOfApplication, PODS_MAX) << 5
  return KNOWN | Math.min(nodesCompared, COMPARED_MAX) | (hadVersion ? HAD_VERSION : 0) | pods
}

export function unpackChoice(packed: number): PlacementChoice | null {
  if ((packed & KNOWN) === 0) return null
  return {
    nodesCompared: packed & COMPARED_MAX,
    hadVersion: (packed & HAD_VERSION) !== 0,
    podsOfApplication: (packed >> 5) & PODS_MAX,
  }
}
