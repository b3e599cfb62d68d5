/** How a machine is at the moment. */
export type MachineMood = {
  /** The most that making a pod takes. */
  readonly createMs: number
  readonly openMs: number
  readonly closeMs: number
  readonly stopMs: number
  /** The most that pushing a pod's memory out takes, and waking it. */
  readonly sleepMs: number
  readonly wakeMs: number
  /** The share of pods that cannot be put to sleep, and of those that cannot be woken. */
  readonly sleepless: number
  readonly unwakeable: number
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
  sleepMs: 20,
  wakeMs: 3,
  sleepless: 0,
  unwakeable: 0,
  hanging: 0,
  failing: 0,
  refusing: 0,
  silent: 0,
}
