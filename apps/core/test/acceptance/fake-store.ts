/** The history of sessions, in memory. */
import type { Session } from '../../src/sessions/session.ts'
import type { SessionHistoryQuery } from '../../src/store/store.ts'

export class FakeStore {
  /** History, as the database has it: it may also hold what is in memory. */
  readonly rows = new Map<string, Session>()

  async session(id: string): Promise<Session | null> {
    return this.rows.get(id) ?? null
  }

  async sessionHistory(query: SessionHistoryQuery): Promise<readonly Session[]> {
    const { before, tenantId, applicationId, nodeName, phases, labels, first } = query
    return [...this.rows.values()]
      .filter((row) => before === null || isOlder(row, before))
      .filter((row) => tenantId === null || row.tenantId === tenantId)
      .filter((row) => applicationId === null || row.applicationId === applicationId)
      .filter((row) => nodeName === null || row.nodeName === nodeName)
      .filter((row) => phases === null || phases.includes(row.phase))
      .filter((row) => Object.entries(labels).every(([name, value]) => row.request.labels[name] === value))
      .toSorted((a, b) => (isOlder(a, b) ? 1 : -1))
      .slice(0, first)
  }

  async versions() {
    return []
  }
}

function isOlder(a: Pick<Session, 'createdAtMs' | 'id'>, b: Pick<Session, 'createdAtMs' | 'id'>): boolean {
  return a.createdAtMs < b.createdAtMs || (a.createdAtMs === b.createdAtMs && a.id < b.id)
}
