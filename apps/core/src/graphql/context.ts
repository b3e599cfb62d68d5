/** What a resolver knows of the request that it answers. */
import type { Caller } from '@fornax/kernel/caller'
import type { Viewer } from '../tenants/tenant.ts'
import type { Asking, CorePort } from './core-port.ts'
import { limitExceeded } from './errors.ts'
import { REQUEST_OBJECTS_MAX } from './limits.ts'
import type { Said } from './said.ts'
import { scopeOf, type Scope } from './visibility.ts'
import type { Feeds } from './watch-feeds.ts'

/** Where a request came from. */
export type RequestOrigin = Asking['origin']

/** How an object was before a mutation, and is after it. */
export type AuditedChange = { readonly before: unknown; readonly after: unknown }

export type RequestContext = {
  readonly core: CorePort
  readonly feeds: Feeds
  readonly viewer: Viewer
  readonly scope: Scope
  readonly caller: Caller
  readonly origin: RequestOrigin
  readonly budget: ObjectBudget
  /** What root fields have answered already, by their key: they only repeat it. */
  said: ReadonlyMap<string | number, Said> | null
  /** What the mutation that runs has said of its object, for the audit. */
  change: AuditedChange | null
}

export function requestContext(
  { core, feeds }: Pick<RequestContext, 'core' | 'feeds'>,
  viewer: Viewer,
  from: { readonly caller: Caller; readonly origin: RequestOrigin },
): RequestContext {
  const { caller, origin } = from
  return {
    core,
    feeds,
    viewer,
    scope: scopeOf(viewer),
    caller,
    origin,
    budget: new ObjectBudget(),
    said: null,
    change: null,
  }
}

/** Bounds what all pages of one request hold together, however often they are asked for under other names. */
export class ObjectBudget {
  #left = REQUEST_OBJECTS_MAX

  take(objects: number): void {
    this.#left -= objects
    if (this.#left < 0) throw limitExceeded(`One request may ask for ${REQUEST_OBJECTS_MAX} objects; ask for less.`)
  }
}
