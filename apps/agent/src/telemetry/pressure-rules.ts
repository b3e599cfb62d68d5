/** When a node is short of something. Pure: a view in, a verdict out. */

/** What of each is free, as a share from 0 to 1; null: nobody knows. */
export type FreeShares = {
  readonly memory: number | null
  readonly disk: number | null
  readonly pids: number | null
}

/** What the node is short of. */
export type Pressure = { readonly memory: boolean; readonly disk: boolean; readonly pids: boolean }

export const NO_PRESSURE: Pressure = { memory: false, disk: false, pids: false }

/** The least of each that must be free; 0: that much is never too little. */
export type PressureLimits = { readonly memory: number; readonly disk: number; readonly pids: number }

/** So much more than the least must be free until it is enough again: nodes should not swing to and fro. */
const CLEAR_FACTOR = 1.25

export function judgePressure(before: Pressure, free: FreeShares, least: PressureLimits): Pressure {
  const isShort = (resource: keyof Pressure): boolean => {
    const share = free[resource]
    if (share === null) return false
    return share < least[resource] * (before[resource] ? CLEAR_FACTOR : 1)
  }
  return { memory: isShort('memory'), disk: isShort('disk'), pids: isShort('pids') }
}
