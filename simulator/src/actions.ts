/**
 * What is done to a world: by clients, by an operator, and by bad luck. A run is a list of these, drawn from its seed
 * before it begins. Each stands alone: what it is about is said by numbers that mean something in any world, so that
 * a run from which some are taken out is still a run.
 */
import type { ScalingPolicy } from '@fornax/core/applications/application'
import type { CrashPoint, CrashSide } from './crash-points.ts'
import type { MachineMood } from './machine-mood.ts'
import type { DatabaseMood } from './simulated-database.ts'

/** What the pods of a version do. */
export type Fate = 'works' | 'cannotStart' | 'failsOnce' | 'neverReady' | 'exitsEarly'

/** What one client does, from its first call to its last. */
export type ClientStory = {
  /** Which application, by its place. */
  readonly application: number
  /** How many sessions it asks for in the same turn. */
  readonly count: number
  readonly wait: 'none' | 'ready'
  readonly durability: 'journaled' | 'memory'
  /** Asks with a key, and again under it when nobody answered. */
  readonly hasKey: boolean
  /** Asks once more under its key although it was answered. */
  readonly asksTwice: boolean
  readonly openTimeoutMs: number
  readonly closeGraceMs: number
  readonly killPodOnClose: boolean
  readonly idleTimeoutMs: number | null
  readonly maxLifetimeMs: number | null
  readonly dataBytes: number
  /** Watches its session from the answer on. */
  readonly watches: boolean
  /** After its answer; null: it never closes, and others must. */
  readonly closesAfterMs: number | null
  /** After its question: it hangs up, whatever it was told by then; null: it stays. */
  readonly goneAfterMs: number | null
}

export type Deed =
  | { readonly kind: 'client'; readonly story: ClientStory }
  | { readonly kind: 'crashCore'; readonly downMs: number }
  | { readonly kind: 'crashAt'; readonly point: CrashPoint; readonly side: CrashSide; readonly nth: number }
  | { readonly kind: 'stallCore'; readonly forMs: number }
  /** The database is lost, and what it was a while ago is put in its place. */
  | { readonly kind: 'oldBackup'; readonly agoMs: number }
  | { readonly kind: 'crashAgent'; readonly node: number; readonly downMs: number; readonly keepsLedger: boolean }
  | { readonly kind: 'leaveAgent'; readonly node: number }
  | { readonly kind: 'stallAgent'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'reboot'; readonly node: number; readonly downMs: number }
  | { readonly kind: 'partition'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'break'; readonly node: number; readonly core: boolean; readonly agent: boolean }
  | { readonly kind: 'lag'; readonly node: number; readonly extraMs: number; readonly forMs: number }
  | { readonly kind: 'repeat'; readonly node: number; readonly share: number; readonly forMs: number }
  | {
      readonly kind: 'machine'
      readonly node: number
      readonly mood: Partial<MachineMood>
      readonly forMs: number
    }
  | { readonly kind: 'exitPod' | 'exitSession' | 'mutePod'; readonly which: number }
  | { readonly kind: 'ledgerFull'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'database'; readonly mood: Partial<DatabaseMood>; readonly forMs: number }
  | { readonly kind: 'cordon' | 'uncordon' | 'remove'; readonly node: number }
  | { readonly kind: 'drain'; readonly node: number; readonly lastMs: number }
  | { readonly kind: 'publish'; readonly application: number; readonly fate: Fate; readonly sessionsPerPod: number }
  | { readonly kind: 'rollBack'; readonly application: number; readonly by: number }
  | { readonly kind: 'policy'; readonly application: number; readonly policy: Partial<ScalingPolicy> }
  | { readonly kind: 'replace'; readonly application: number }

/** What, and when, counted from the beginning of the world. */
export type Action = { readonly atMs: number; readonly deed: Deed }

export type DeedKind = Deed['kind']
