/** Those who follow list watches, through the real feeds of the API: what they were told, and what they believe. */
import type { ReaderWitness, Told } from '@fornax/core/audit/evidence'
import { pictureOf } from '@fornax/core/audit/fleet-picture'
import type { ApplicationView } from '@fornax/core/fleet/views'
import { watch, type WatchEvent } from '@fornax/core/graphql/watch'
import type { Selection, WatchFeeds } from '@fornax/core/graphql/watch-feeds'
import {
  selectApplications,
  selectComputeNodes,
  selectPods,
  selectSessions,
} from '@fornax/core/graphql/watch-selections'
import type { VisibleNode } from '@fornax/core/graphql/visibility'
import type { PodView } from '@fornax/core/pods/pod'
import type { Session } from '@fornax/core/sessions/session'
import { unreachable } from '@fornax/kernel/assert'
import { sleep } from '@fornax/kernel/clock'
import type { CoreHost } from './core-host.ts'
import type { CoreProcess, Serving } from './core-process.ts'
import type { Ground } from './ground.ts'

/** What somebody reads, and how. */
export type ReaderPlan = {
  readonly kind: ReaderWitness['kind']
  readonly tenantId: string | null
  readonly application: string | null
  /** How long it takes to read an event. */
  readonly slowMs: number
  /** Leaves after so many events, and comes again with the version that it has; null: stays. */
  readonly leavesAfter: number | null
}

type Reader = {
  readonly name: string
  readonly plan: ReaderPlan
  told: Told[]
  resourceVersion: string | null
  readonly believes: Map<string, string>
  events: number
}

const AGAIN_MS = 50

export class Readers {
  readonly #ground: Ground
  readonly #host: CoreHost
  readonly #readers: Reader[] = []
  #isTold = false

  constructor(ground: Ground, host: CoreHost) {
    this.#ground = ground
    this.#host = host
  }

  get events(): number {
    return this.#readers.reduce((sum, { events }) => sum + events, 0)
  }

  begin(plan: ReaderPlan): void {
    const name = `reader-${this.#readers.length + 1}`
    const reader: Reader = { name, plan, told: [], resourceVersion: null, believes: new Map(), events: 0 }
    this.#readers.push(reader)
    void this.#keepReading(reader)
  }

  /** As they are now; what they were told since the last time. */
  witnesses(): ReaderWitness[] {
    const witnesses = this.#readers.map(({ name, plan, told, resourceVersion, believes }) => {
      const { kind, tenantId, application } = plan
      return { name, kind, tenantId, application, told, resourceVersion, believes }
    })
    if (this.#isTold) for (const reader of this.#readers) reader.told = []
    this.#isTold = false
    return witnesses
  }

  async #keepReading(reader: Reader): Promise<void> {
    const { clock } = this.#ground
    for (;;) {
      const { process, serving } = this.#host
      if (process !== null && serving !== null) await this.#readOnce(reader, serving, process)
      await sleep(clock, AGAIN_MS)
    }
  }

  /** Until the core ends, or the reader leaves. */
  async #readOnce(reader: Reader, serving: Serving, { life, ended }: CoreProcess): Promise<void> {
    const { plan } = reader
    const stream = openWatch(reader, serving)
    for (let seen = 0; plan.leavesAfter === null || seen < plan.leavesAfter; seen += 1) {
      const turn = new Promise<void>((resolve) => life.enter(resolve))
      const next = await Promise.race([turn.then(() => stream.next()), ended.then(() => null)])
      if (next === null || next.done === true) return
      next.value()
      reader.events += 1
      this.#isTold = true
      this.#ground.note(`${reader.name} is at ${reader.resourceVersion}`)
      if (plan.slowMs > 0) await sleep(this.#ground.clock, plan.slowMs)
    }
    await stream.return?.()
  }
}

/** A stream of what each event does to the reader. */
function openWatch(reader: Reader, { feeds, rooms }: Serving): AsyncIterator<() => void> {
  const { kind, tenantId, application } = reader.plan
  const where = application === null ? null : { application }
  switch (kind) {
    case 'session':
      return follow(reader, feeds.sessions, selectSessions(rooms.reader, tenantId, where), ofSession)
    case 'pod':
      return follow(reader, feeds.pods, selectPods(rooms.reader, tenantId, where), ofPod)
    case 'application': {
      const named = application === null ? null : { name: application }
      return follow(reader, feeds.applications, selectApplications(rooms.reader, tenantId, named), ofApplication)
    }
    case 'node':
      return follow(reader, feeds.computeNodes, selectComputeNodes(rooms.reader, tenantId, null), ofNode)
    default:
      return unreachable(kind)
  }
}

/** An object as a reader keeps it. */
type Shown = { readonly id: string; readonly tenantId: string | null; readonly picture: string }

function ofSession(object: Session): Shown {
  return { id: object.id, tenantId: object.tenantId, picture: pictureOf({ kind: 'session', object }) }
}

function ofPod(object: PodView): Shown {
  return { id: object.id, tenantId: object.tenantId, picture: pictureOf({ kind: 'pod', object }) }
}

function ofApplication(object: ApplicationView): Shown {
  const { id, tenantId } = object.definition
  return { id, tenantId, picture: pictureOf({ kind: 'application', object }) }
}

function ofNode(object: VisibleNode): Shown {
  return { id: object.view.registered.name, tenantId: null, picture: pictureOf({ kind: 'node', object }) }
}

function follow<T>(
  reader: Reader,
  feeds: WatchFeeds<T>,
  selection: Selection<T>,
  show: (object: T) => Shown,
): AsyncIterator<() => void> {
  const events = watch(feeds, selection, reader.resourceVersion)
  let isSnapshotOpen = false
  const take = (event: WatchEvent<T>): void => {
    const isFirstPart = event.kind === 'snapshot' && !isSnapshotOpen
    if (isFirstPart) reader.believes.clear()
    const objects = event.kind === 'snapshot' ? event.items : event.kind === 'changes' ? event.upserted : []
    const shown = objects.map(show)
    const removedIds = event.kind === 'changes' ? event.removedIds.map(nameOf) : []
    for (const { id, picture } of shown) reader.believes.set(id, picture)
    for (const id of removedIds) reader.believes.delete(id)
    isSnapshotOpen = event.kind === 'snapshot' && !event.isLast
    if (isSnapshotOpen) return
    reader.resourceVersion = event.resourceVersion
    reader.told.push({
      kind: event.kind,
      resourceVersion: event.resourceVersion,
      shown: shown.map(({ id, tenantId }) => ({ id, tenantId })),
      removedIds,
    })
  }
  return {
    next: async () => {
      const result = await events.next()
      if (result.done === true) return { done: true, value: undefined }
      const event = result.value
      return { done: false, value: () => take(event) }
    },
    return: async () => {
      await events.return?.()
      return { done: true, value: undefined }
    },
  }
}

/** Clients know nodes by ids that are made of their names. */
function nameOf(id: string): string {
  return id.startsWith('nod-') ? id.slice('nod-'.length) : id
}
