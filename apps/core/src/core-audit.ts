/** The audit trail of a core: what the API may ask of it, and what it learns beside the API. */
import { sleep, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { CoreConfig } from './config.ts'
import type { AuditTrail as AuditPort } from './graphql/core-port.ts'
import type { Logins } from './graphql/tenants-port.ts'
import { openAuditPen } from './trail/audit-pen.ts'
import type { Viewer } from './tenants/tenant.ts'
import type { AuditStore } from './trail/audit-record.ts'
import { AuditTrail } from './trail/audit-trail.ts'
import { REFUSAL_WINDOW_MS, RefusalLimiter } from './trail/refusal-limiter.ts'
import { sessionsFact, type WrittenSession } from './trail/session-digest.ts'

export type CoreAudit = AsyncDisposable &
  AuditPort & {
    /** A group of rows is durable. */
    readonly sessionsWritten: (sessions: readonly WrittenSession[]) => void
  }

export async function openCoreAudit(
  store: AuditStore,
  world: { readonly config: Pick<CoreConfig, 'dataDir' | 'auditKeptMs'>; readonly clock: Clock; readonly log: Log },
): Promise<CoreAudit> {
  const { config, clock, log } = world
  const pen = openAuditPen(config.dataDir, log)
  const trail = await AuditTrail.open({ store, pen, clock, log, keptMs: config.auditKeptMs })
  const refusals = new RefusalLimiter()
  const stop = new AbortController()
  const telling = (async () => {
    while (!stop.signal.aborted) {
      await sleep(clock, REFUSAL_WINDOW_MS, stop.signal).catch(() => undefined)
      for (const one of refusals.ended(clock.nowMs())) trail.record(one)
    }
  })()
  return {
    record: (fact) => {
      for (const one of refusals.pass(fact, clock.nowMs())) trail.record(one)
    },
    verify: () => trail.verify(),
    records: (query) => store.auditRecords(query),
    marks: (tenantId, count) => store.auditMarks(tenantId, count),
    recordsFrom: (number, count, tenantId) => store.auditRecordsFrom(number, count, tenantId),
    lastNumber: () => trail.lastNumber,
    onWritten: (act) => trail.onWritten(act),
    sessionsWritten: (sessions) => {
      const fact = sessionsFact(sessions)
      if (fact !== null) trail.record(fact)
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await telling
      for (const one of refusals.rest()) trail.record(one)
      await trail[Symbol.asyncDispose]()
    },
  }
}

/** Each try to get in, and each way out, is a record, whoever it was; the password is in none. */
export function auditedLogins(logins: Logins, { record }: Pick<AuditPort, 'record'>): Logins {
  const tried = (action: string, object: string, source: string | null, outcome: Tried): void => {
    const isIn = outcome.kind === 'loggedIn'
    const viewer = isIn ? outcome.login.viewer : null
    record({
      tenantId: viewer?.tenantId ?? null,
      actor: viewer === null ? { kind: 'nobody' } : { kind: 'viewer', id: viewer.tokenId, role: viewer.role },
      source,
      requestId: null,
      action,
      object: object.slice(0, NAME_MAX),
      outcome: isIn ? 'done' : 'refused',
      problem: isIn ? null : outcome.kind,
      before: null,
      after: null,
    })
  }
  /** What somebody did who had shown who they are. */
  const did = (action: string, viewer: Viewer, problem: string | null): void =>
    record({
      tenantId: viewer.tenantId,
      actor: { kind: 'viewer', id: viewer.tokenId, role: viewer.role },
      source: null,
      requestId: null,
      action,
      object: nameOf(viewer).slice(0, NAME_MAX),
      outcome: problem === null ? 'done' : 'refused',
      problem,
      before: null,
      after: null,
    })
  return {
    ...logins,
    logIn: async (attempt, password) => {
      const outcome = await logins.logIn(attempt, password)
      tried('logIn', `user/${attempt.tenant}/${attempt.user}`, attempt.address, outcome)
      return outcome
    },
    register: async (invitation, password, address) => {
      const outcome = await logins.register(invitation, password, address)
      tried('register', 'user', address, outcome)
      return outcome
    },
    changePassword: async (viewer, command) => {
      const outcome = await logins.changePassword(viewer, command)
      tried('changePassword', nameOf(viewer), command.address, outcome)
      return outcome
    },
    exchange: async (viewer) => {
      const login = await logins.exchange(viewer)
      did('exchangeLogin', viewer, login === null ? 'notVouchedFor' : null)
      return login
    },
    logOut: async (viewer) => {
      const isOut = await logins.logOut(viewer)
      did('logOut', viewer, isOut ? null : 'noLogin')
      return isOut
    },
  }
}

type Tried = Awaited<ReturnType<Logins['changePassword']>>

const NAME_MAX = 200

function nameOf({ name, tokenId }: Viewer): string {
  return `user/${name ?? tokenId}`
}
