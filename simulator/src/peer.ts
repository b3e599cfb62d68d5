import type { Mortal } from './crash-points.ts'
import type { Life } from './life.ts'

/** A process at one end of a stream. */
export type Peer = Mortal & { readonly life: Life }
