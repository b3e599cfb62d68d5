/** The door by which machines become nodes: who may, what they get for it, and how they are put out again. */
import { join } from 'node:path'
import { joinTokenText } from '@fornax/certificates/join-token'
import { LinkCredentials } from '@fornax/certificates/link-credentials'
import type { NodeCertificate } from '@fornax/certificates/peer-certificate'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { CoreConfig } from './config.ts'
import type { CoreRooms } from './core-rooms.ts'
import { JoinService, wordsOf, type JoinAttempt } from './nodelink/join-service.ts'
import type { NodeAdmissions } from './graphql/core-port.ts'
import { NodeAuthority } from './nodelink/node-authority.ts'
import type { Refusal } from './nodelink/node-connection.ts'
import { isConnected } from './nodes/node-state.ts'
import { NodeRegistry, type AdmissionStore } from './nodes/node-registry.ts'
import type { AuditFact } from './trail/audit-record.ts'

export type NodeDoor = Disposable & {
  readonly registry: NodeRegistry
  readonly authority: NodeAuthority
  readonly credentials: LinkCredentials
  readonly joining: JoinService['methods']
  readonly refusal: (certificate: NodeCertificate) => Refusal | null
}

export type NodeDoorParts = {
  readonly store: AdmissionStore
  readonly config: CoreConfig
  readonly clock: Clock
  readonly log: Log
  readonly nodeLifeMs: number
  readonly isStandingToken: (secret: string) => boolean
  readonly tried: (attempt: JoinAttempt) => void
}

/** Throws a `NodeAuthorityError` when the authority can neither be read nor made. */
export async function openNodeDoor({ fleet, connections }: CoreRooms, parts: NodeDoorParts): Promise<NodeDoor> {
  const { config, clock, log, nodeLifeMs, store, isStandingToken, tried } = parts
  const nowMs = (): number => clock.nowMs()
  const authority = await NodeAuthority.open({
    file: join(config.dataDir, 'node-authority.json'),
    publicFile: join(config.dataDir, 'node-ca.pem'),
    given: config.nodeCa,
    clock,
    log,
    nodeLifeMs,
  })
  const connectedLedger = (nodeName: string): string | null => {
    const node = fleet.state.nodes.get(nodeName)
    return node !== undefined && isConnected(node.phase) ? node.registered.ledgerId : null
  }
  const registry = await NodeRegistry.open({ store, nowMs, isStandingToken, connectedLedger })
  const renewed = (nodeName: string, notAfterMs: number): void =>
    connections.connection(nodeName)?.provenUntil(notAfterMs)
  const service = new JoinService({ registry, authority, log, nowMs, renewed, tried })
  const credentials = new LinkCredentials(authority.context)
  authority.onChanged((context) => credentials.update(context))
  return {
    registry,
    authority,
    credentials,
    joining: service.methods,
    refusal: ({ nodeName, identityId }) => {
      const problem = registry.identityProblem(nodeName, identityId)
      return (
        problem && {
          code: problem === 'unknownNode' ? 'unauthenticated' : 'permissionDenied',
          message: wordsOf(problem),
        }
      )
    },
    [Symbol.dispose]: () => authority[Symbol.dispose](),
  }
}

/** What the API may do about nodes. */
export function admissionsPort({ connections }: CoreRooms, { registry, authority }: NodeDoor): NodeAdmissions {
  return {
    tokens: () => registry.tokens(),
    identity: (nodeName) => registry.identity(nodeName),
    createToken: async (command) => {
      const created = await registry.createToken(command)
      return created && { token: created.token, text: joinTokenText(created.secret, authority.pin) }
    },
    revokeToken: (id) => registry.removeToken(id),
    revokeNode: async (nodeName) => {
      const written = registry.revoke(nodeName)
      // The stream ends at once; that it stays so is what the answer waits for.
      connections.cut(nodeName, { code: 'permissionDenied', message: wordsOf('revoked') })
      return written
    },
    forgetNode: async (nodeName) => {
      // A stream may be there and silent; whoever comes again has to join.
      connections.cut(nodeName, { code: 'unauthenticated', message: wordsOf('unknownNode') })
      await registry.forget(nodeName)
    },
    rotateAuthority: () => authority.rotate(),
  }
}

/** A machine that was let in or turned away, for the audit. */
export function joinFact({ action, nodeName, source, problem }: JoinAttempt): AuditFact {
  const isKnown = problem === null
  return {
    tenantId: null,
    actor: isKnown ? { kind: 'node', id: nodeName } : { kind: 'nobody' },
    source,
    requestId: null,
    action,
    object: `node/${nodeName.slice(0, 63)}`,
    outcome: isKnown ? 'done' : 'refused',
    problem,
    before: null,
    after: null,
  }
}

/** A node whose stream the core has ended, for the audit. */
export function cutOffFact(nodeName: string, { code, message }: Refusal): AuditFact {
  return {
    tenantId: null,
    actor: { kind: 'node', id: nodeName },
    source: null,
    requestId: null,
    action: 'cutOffNode',
    object: `node/${nodeName}`,
    outcome: 'refused',
    problem: code,
    before: null,
    after: { message },
  }
}
