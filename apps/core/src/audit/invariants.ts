/**
 * What must never happen, as a list: I1 to I11, and the books that the fleet keeps. Each has its sentence and its
 * checks; a check looks at one object, and tells what is wrong with it. So the same checks serve who looks at what
 * changed, and who looks at everything.
 *
 * A simulation looks after every turn and knows more (`Evidence.witnesses`); the auditor of a running core looks
 * every second at what changed, and every minute at everything.
 */
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import type { NodeEntry } from '../fleet/fleet-state.ts'
import type { Change } from '../fleet/views.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import { accountIsSum, withinCapacity, withinMachine } from './bookings.ts'
import * as books from './books.ts'
import type { Evidence, Found, InvariantId, Touched } from './evidence.ts'
import { actsAreCurrent, grantIsOfThisCore, slotHeld, slotsGiven, slotsUsed } from './grants.ts'
import { nobodyIsGivenADyingPod, nobodyIsStopped, reasonHolds } from './kills.ts'
import { growsWithinBounds, leftTheQueue, shrinksWithinBounds } from './pool-bounds.ts'
import { endsWithAWord, everyAnswerIsKept, keyLeadsHere, oneSessionEach } from './promises.ts'
import { nodePods, overstayed, podOfNoUse } from './reasons.ts'
import { sumsAreRight } from './sums.ts'
import * as told from './told.ts'
import * as waits from './waits.ts'

type Check<T> = (thing: T, evidence: Evidence, found: Found) => void

/** Goes through what an object lists, and yields after each, so that a long list needs not be read in one turn. */
type Reading<T> = (thing: T, evidence: Evidence, found: Found) => Generator<void>

export type Invariant = {
  readonly id: InvariantId
  readonly says: string
  readonly node?: readonly Check<NodeEntry>[]
  readonly pod?: readonly Check<Pod>[]
  readonly session?: readonly Check<Session>[]
  readonly application?: readonly Check<ApplicationEntry>[]
  /** On what the log says, of whatever kind. */
  readonly change?: readonly Check<Change>[]
  readonly applicationLists?: readonly Reading<ApplicationEntry>[]
  /** On what was sent, done and told since the last look; `touched` is null in a look at everything. */
  readonly news?: readonly ((evidence: Evidence, found: Found, touched: Touched | null) => void)[]
  /** What only a look at everything can see. */
  readonly whole?: readonly ((evidence: Evidence, found: Found) => Generator<void>)[]
}

export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    says: 'a pod never serves two sessions beyond its slots; a session never has two pods in one epoch',
    pod: [slotsGiven],
    session: [slotHeld],
    node: [slotsUsed],
  },
  {
    id: 'I2',
    says: 'a node never acts on a command with an older epoch',
    session: [grantIsOfThisCore],
    news: [actsAreCurrent],
  },
  {
    id: 'I3',
    says: 'an answered session is never silently lost: it ends closed, with a reason',
    session: [endsWithAWord],
    whole: [everyAnswerIsKept],
  },
  {
    id: 'I4',
    says: 'no pod outlives its reason to exist by more than a lease + 30 s of connected time',
    node: [nodePods],
    pod: [podOfNoUse],
    news: [overstayed],
  },
  {
    id: 'I5',
    says: 'a node’s CPU, memory and pod count are never oversubscribed, in-flight included',
    node: [withinCapacity, accountIsSum, withinMachine],
  },
  {
    id: 'I6',
    says: 'a pool never exceeds its target by more than what was in flight; no plan asks for less than min or more than max',
    session: [leftTheQueue],
    application: [growsWithinBounds],
    news: [shrinksWithinBounds],
  },
  {
    id: 'I7',
    says: 'scaling and draining never kill a pod that serves a session, but by policy or deadline',
    pod: [nobodyIsGivenADyingPod],
    session: [reasonHolds],
    news: [nobodyIsStopped],
  },
  {
    id: 'I8',
    says: 'every waiting phase ends by its deadline',
    pod: [waits.podWaits],
    session: [waits.sessionWaits],
    node: [waits.nodeWaits],
    application: [waits.applicationWaits],
    news: [waits.coreListens],
  },
  {
    id: 'I9',
    says: 'one idempotency key, one session',
    session: [keyLeadsHere],
    whole: [oneSessionEach],
  },
  {
    id: 'I10',
    says: 'resource versions strictly increase; a reader misses no final state, or gets an explicit snapshot',
    news: [told.versionsGrow, told.nothingIsSilent, told.readersAreToldAll],
  },
  {
    id: 'I11',
    says: 'no tenant ever sees another tenant’s object, event, label, endpoint or log',
    pod: [told.servesItsOwn],
    session: [told.belongsToItsTenant],
    change: [told.changeSaysWhose],
  },
  {
    id: 'books',
    says: 'what is counted and indexed of things is what a look at the things gives',
    pod: [books.podIsFiled],
    session: [books.sessionIsFiled],
    node: [books.roomIsOffered],
    application: [books.applicationIsFiled, sumsAreRight],
    applicationLists: [books.applicationListsItsOwn],
    news: [books.nobodyIsListedTwice],
    whole: [books.nothingIsLeftOver],
  },
]
