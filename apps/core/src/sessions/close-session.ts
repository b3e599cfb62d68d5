/** Closing a session: asked once, recorded before it is answered. */
import type { Session, SessionActor } from './session.ts'

export type CloseSessionResult =
  | { readonly kind: 'closing'; readonly session: Session }
  | { readonly kind: 'sessionNotFound'; readonly id: string }

export type CloseSessionPorts = {
  readonly fleet: {
    session(id: string): Session | null
    requestClose(id: string, reason: 'requested', by: SessionActor): void
  }
  readonly journal: {
    record(session: Session): Promise<void>
    /** A session of history: it is closed already. */
    read(id: string): Promise<Session | null>
  }
}

/** `tenantId: null` closes a session of any tenant. Closing it again changes nothing. */
export async function closeSession(
  { fleet, journal }: CloseSessionPorts,
  command: { readonly tenantId: string | null; readonly id: string; readonly by: SessionActor },
): Promise<CloseSessionResult> {
  const { id } = command
  const isTheirs = (session: Session | null): session is Session =>
    session !== null && (command.tenantId === null || session.tenantId === command.tenantId)
  const inMemory = fleet.session(id)
  // What is somebody else's takes as long to be refused as what nobody has.
  const known = isTheirs(inMemory) ? inMemory : await journal.read(id)
  if (!isTheirs(known)) return { kind: 'sessionNotFound', id }
  fleet.requestClose(id, 'requested', command.by)
  const session = fleet.session(id)
  if (session === null) return { kind: 'closing', session: known }
  await journal.record(session)
  return { kind: 'closing', session: fleet.session(id) ?? session }
}
