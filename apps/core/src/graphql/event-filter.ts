/** Which events a client asks for. */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import { isMeant, type EventTraits } from '../history/event-match.ts'
import type { CorePort } from './core-port.ts'
import type { Where } from './filters.ts'
import type { EventFilter } from './generated/resolver-types.ts'
import type { Scope } from './visibility.ts'
import { toInstant } from './windows.ts'

/** What a filter selects. Lists and watches share it, so that they show the same. */
export function eventMatches(
  core: Pick<CorePort, 'tenants'>,
  where: Where<EventFilter>,
): (event: FleetEvent) => boolean {
  const traits = toTraits(core, null, where)
  return (event) => isMeant(event, traits)
}

/** The same for the database. */
export function toTraits(core: Pick<CorePort, 'tenants'>, scope: Scope, where: Where<EventFilter>): EventTraits {
  return {
    ...toSubject(where),
    tenantId: tenantIn(core, scope, where?.tenant ?? null),
    kinds: where?.kinds?.length ? where.kinds : null,
    severities: where?.severities?.length ? where.severities : null,
    fromMs: toInstant('where.from', where?.from),
    untilMs: toInstant('where.until', where?.until),
  }
}

function toSubject(where: Where<EventFilter>): Pick<EventTraits, 'application' | 'nodeName' | 'podId' | 'sessionId'> {
  const { application = null, nodeName = null, podId = null, sessionId = null } = where ?? {}
  return { application, nodeName, podId, sessionId }
}

/** The id of no tenant. */
const NOBODY = '-'

/** Who may see one tenant only asks for another one in vain. */
function tenantIn({ tenants }: Pick<CorePort, 'tenants'>, scope: Scope, name: string | null): string | null {
  if (name === null) return scope
  const id = tenants.tenantNamed(name)?.id ?? NOBODY
  return scope === null || scope === id ? id : NOBODY
}
