/** How a machine is at the moment. */
export type MachineMood = {
  /** The most that making a pod takes. */
  readonly createMs: number
  readonly openMs: number
  readonly closeMs: number
  readonly stopMs: number
  /** The share of pods whose making does not end while this lasts. */
  readonly hanging: number
  /** The share of pods that cannot be made. */
  readonly failing: number
  /** The share of sessions that applications refuse. */
  readonly refusing: number
  /** The share of sessions that applications neither open nor close while this lasts. */
  readonly silent: number
}

export const AT_EASE: MachineMood = {
  createMs: 40,
  openMs: 5,
  closeMs: 5,
  stopMs: 20,
  hanging: 0,
  failing: 0,
  refusing: 0,
  silent: 0,
}
