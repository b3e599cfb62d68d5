/** What a node says of the image of an application's version. */

export type ImagePhase = 'pulling' | 'present' | 'failed'

export type ImageReport = {
  readonly versionId: string
  readonly phase: ImagePhase
  /** Why it failed; empty otherwise. */
  readonly message: string
  readonly pulledBytes: number
}

export type NodeImage = ImageReport & {
  readonly nodeName: string
  /** Since when the phase holds. */
  readonly sinceMs: number
}
