/** How machines become nodes, over gRPC: what they ask for is decided by the registry, and signed by the authority. */
import { X509Certificate } from 'node:crypto'
import { isProof } from '@fornax/certificates/node-request'
import { isSignedBy, readNodeCertificate, type NodeCertificate } from '@fornax/certificates/peer-certificate'
import { readJoinToken } from '@fornax/certificates/join-token'
import type { Log } from '@fornax/kernel/log'
import type {
  NodeCertificate as WireCertificate,
  NodeJoinServiceServer,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { isDnsLabel } from '../applications/version-rules.ts'
import type { AdmissionProblem } from '../nodes/node-identity.ts'
import type { NodeRegistry } from '../nodes/node-registry.ts'
import type { NodeAuthority } from './node-authority.ts'

export type JoinServicePorts = {
  readonly registry: NodeRegistry
  readonly authority: NodeAuthority
  readonly log: Log
  readonly nowMs: () => number
  /** A node has a new certificate: its stream may go on. */
  readonly renewed: (nodeName: string, notAfterMs: number) => void
  /** Told of each attempt, for the audit. */
  readonly tried: (attempt: JoinAttempt) => void
}

export type JoinAttempt = {
  readonly action: 'joinNode' | 'renewNode'
  readonly nodeName: string
  /** The address that it came from. */
  readonly source: string
  /** Null: it was let in. */
  readonly problem: AdmissionProblem | null
}

/** Who asks for a certificate takes time to answer; more than these wait for nobody. */
const AT_ONCE_MAX = 128
/** Longer names are no node's; more of them is in no log and no audit. */
const NAME_MAX = 63
/** Anybody on the network can be refused: so many lines are in the log for each minute, and the audit has the rest. */
const LINES_MAX = 10
const LINES_WINDOW_MS = 60_000

type Verdict =
  | { readonly kind: 'admitted'; readonly certificate: WireCertificate }
  | { readonly kind: 'refused'; readonly problem: AdmissionProblem }

export class JoinService {
  readonly #ports: JoinServicePorts
  #underWay = 0
  #lines = { endsAtMs: 0, said: 0, unsaid: 0 }

  constructor(ports: JoinServicePorts) {
    this.#ports = ports
  }

  get methods(): NodeJoinServiceServer {
    const { authority } = this.#ports
    return {
      getAuthority: (_call, answer) => answer(null, { authorities: [...authority.trusted] }),
      join: (call, answer) => {
        const { nodeName, joinToken, ledgerId, certificateRequest } = call.request
        const asking = { secret: readJoinToken(joinToken).secret, nodeName, ledgerId }
        const named = nodeName.slice(0, NAME_MAX)
        this.#answer(call, answer, { action: 'joinNode', nodeName: named }, () =>
          this.#join(asking, certificateRequest),
        )
      },
      renew: (call, answer) => {
        const shown = this.#shown(call.request.certificate)
        const { certificateRequest, proof } = call.request
        const nodeName = shown?.said.nodeName ?? ''
        this.#answer(call, answer, { action: 'renewNode', nodeName }, () =>
          shown === null || !isProof(proof, certificateRequest, shown.certificate)
            ? Promise.resolve({ kind: 'refused', problem: 'badRequest' } as const)
            : this.#renew(shown.said, certificateRequest),
        )
      },
    }
  }

  async #join(
    asking: { readonly secret: string; readonly nodeName: string; readonly ledgerId: string },
    request: string,
  ): Promise<Verdict> {
    const { registry, authority } = this.#ports
    const { nodeName } = asking
    if (!isDnsLabel(nodeName) || asking.ledgerId === '') return { kind: 'refused', problem: 'badRequest' }
    const admission = await registry.admit(asking, async (identityId) => {
      const issued = await authority.certify(request, { nodeName, identityId })
      return issued.kind === 'issued' ? { ...issued, expiresAtMs: issued.notAfterMs } : null
    })
    return admission.kind === 'refused' ? admission : this.#admitted(admission.certified)
  }

  async #renew(shown: NodeCertificate, request: string): Promise<Verdict> {
    const { registry, authority, renewed } = this.#ports
    const { nodeName, identityId } = shown
    const problem = registry.renewalProblem(nodeName, shown)
    if (problem !== null) return { kind: 'refused', problem }
    const issued = await authority.certify(request, { nodeName, identityId })
    if (issued.kind === 'refused') return { kind: 'refused', problem: 'badRequest' }
    // Revoked, or another machine has the name, while this was signed.
    const problemSince = registry.renewalProblem(nodeName, shown)
    if (problemSince !== null) return { kind: 'refused', problem: problemSince }
    await registry.renewed(nodeName, issued.notAfterMs)
    renewed(nodeName, issued.notAfterMs)
    return this.#admitted(issued)
  }

  #admitted({ certificate, notAfterMs }: { certificate: string; notAfterMs: number }): Verdict {
    const { authority, nowMs } = this.#ports
    const lifetimeMs = Math.max(0, notAfterMs - nowMs())
    return { kind: 'admitted', certificate: { certificate, authorities: [...authority.trusted], lifetimeMs } }
  }

  /** A certificate that we have signed, whether it has ended or not; null when it is none. */
  #shown(pem: string): { readonly certificate: X509Certificate; readonly said: NodeCertificate } | null {
    try {
      const certificate = new X509Certificate(pem)
      const said = readNodeCertificate(certificate)
      return said !== null && isSignedBy(certificate, this.#ports.authority.trusted) ? { certificate, said } : null
    } catch {
      return null // What does not parse is none.
    }
  }

  #answer<Request>(
    call: ServerUnaryCall<Request, unknown>,
    answer: sendUnaryData<{ certificate: WireCertificate | undefined }>,
    what: Pick<JoinAttempt, 'action' | 'nodeName'>,
    decide: () => Promise<Verdict>,
  ): void {
    if (this.#underWay >= AT_ONCE_MAX) {
      answer({ code: status.RESOURCE_EXHAUSTED, details: 'too many nodes join at once; this one tries again' })
      return
    }
    this.#underWay += 1
    const source = call.getPeer()
    void this.#decided({ ...what, source }, decide).then(([error, certificate]) => {
      this.#underWay -= 1
      return answer(error, { certificate })
    })
  }

  /** What the machine is answered. Never rejects. */
  async #decided(
    what: Omit<JoinAttempt, 'problem'>,
    decide: () => Promise<Verdict>,
  ): Promise<[error: { code: status; details: string } | null, certificate: WireCertificate | undefined]> {
    const { tried, log } = this.#ports
    try {
      const verdict = await decide()
      const problem = verdict.kind === 'refused' ? verdict.problem : null
      tried({ ...what, problem })
      if (verdict.kind === 'admitted') return [null, verdict.certificate]
      this.#say((unsaid) => log.warn({ ...what, ...unsaid, problem: verdict.problem }, 'a node was not let in'))
      return [{ code: CODES[verdict.problem], details: WORDS[verdict.problem] }, undefined]
    } catch (error) {
      this.#say((unsaid) => log.error({ err: error, ...what, ...unsaid }, 'a node could not be let in'))
      return [{ code: status.UNAVAILABLE, details: 'the core cannot answer now; its log has more' }, undefined]
    }
  }

  /** Says a line if there were not too many in this minute; the first one of the next tells how many were left out. */
  #say(line: (unsaid: { readonly unsaid?: number }) => void): void {
    const nowMs = this.#ports.nowMs()
    const { unsaid } = this.#lines
    const isNew = nowMs >= this.#lines.endsAtMs
    if (isNew) this.#lines = { endsAtMs: nowMs + LINES_WINDOW_MS, said: 0, unsaid: 0 }
    if (this.#lines.said >= LINES_MAX) {
      this.#lines.unsaid += 1
      return
    }
    this.#lines.said += 1
    line(isNew && unsaid > 0 ? { unsaid } : {})
  }
}

const NEW_TOKEN = 'make a new one with `fornax node join-token`'

const WORDS: Readonly<Record<AdmissionProblem, string>> = {
  unknownToken: `the join token is not valid; ${NEW_TOKEN}`,
  usedToken: `the join token was used before; ${NEW_TOKEN}`,
  expiredToken: `the join token has ended; ${NEW_TOKEN}`,
  tokenOfOtherName: `the join token is for a node of another name; ${NEW_TOKEN} for this one`,
  nameTaken: 'a node of this name is connected from another machine; give this one another FORNAX_NODE_NAME',
  revoked: `the node was revoked; to let it in again, ${NEW_TOKEN}`,
  superseded: 'another machine has joined under this name since',
  unknownNode: 'this core has not let in this node; it must join with a token',
  expiredCertificate: 'the certificate of the node has ended too long ago; it must join with a token',
  badRequest: 'the request for a certificate makes no sense',
}

const CODES: Readonly<Record<AdmissionProblem, status>> = {
  unknownToken: status.UNAUTHENTICATED,
  usedToken: status.UNAUTHENTICATED,
  expiredToken: status.UNAUTHENTICATED,
  tokenOfOtherName: status.PERMISSION_DENIED,
  nameTaken: status.ALREADY_EXISTS,
  revoked: status.PERMISSION_DENIED,
  superseded: status.PERMISSION_DENIED,
  unknownNode: status.UNAUTHENTICATED,
  expiredCertificate: status.UNAUTHENTICATED,
  badRequest: status.INVALID_ARGUMENT,
}

/** What a stream is told whose certificate does not count. */
export function wordsOf(problem: AdmissionProblem): string {
  return WORDS[problem]
}
