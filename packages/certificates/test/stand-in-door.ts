/** The door of a core that only stands in for one: it lets in every machine that knows the one token. */
import { X509Certificate } from 'node:crypto'
import type { NodeJoinServiceServer } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { status, type ServerCredentials } from '@grpc/grpc-js'
import { Issuer, newAuthority, type KeyedCertificate } from '../src/authority.ts'
import { LinkCredentials } from '../src/link-credentials.ts'
import { readNodeCertificate } from '../src/peer-certificate.ts'

export type StandInDoor = {
  /** PEM, for whoever is to trust it. */
  readonly authority: string
  readonly credentials: ServerCredentials
  readonly joining: NodeJoinServiceServer
}

export type StandInDoorOptions = {
  readonly joinToken: string
  readonly lifetimeMs?: number
  /** Default: a new one. */
  readonly authority?: KeyedCertificate
  /** Told of each machine that came with another token. */
  readonly refused?: () => void
}

const HOUR_MS = 60 * 60 * 1_000

export async function openStandInDoor(options: StandInDoorOptions): Promise<StandInDoor> {
  const { joinToken, lifetimeMs = HOUR_MS, authority = await newAuthority(Date.now()) } = options
  const issuer = await Issuer.open(authority)
  const core = await issuer.coreCertificate(Date.now())
  const certify = async (request: string, nodeName: string) => {
    const issued = await issuer.nodeCertificate(
      request,
      { nodeName, identityId: 'nid-1' },
      { nowMs: Date.now(), lifeMs: lifetimeMs },
    )
    if (issued.kind === 'refused') throw new Error(issued.why)
    return { certificate: { certificate: issued.certificate, authorities: [authority.certificate], lifetimeMs } }
  }
  return {
    authority: authority.certificate,
    credentials: new LinkCredentials({
      minVersion: 'TLSv1.3',
      key: core.key,
      cert: core.certificate,
      ca: [authority.certificate],
    }),
    joining: {
      getAuthority: (_call, answer) => answer(null, { authorities: [authority.certificate] }),
      join: ({ request }, answer) => {
        if (request.joinToken !== joinToken) {
          options.refused?.()
          return answer({ code: status.UNAUTHENTICATED, details: 'wrong token' })
        }
        certify(request.certificateRequest, request.nodeName).then((given) => answer(null, given), answer)
      },
      renew: ({ request }, answer) => {
        const nodeName = readNodeCertificate(new X509Certificate(request.certificate))?.nodeName ?? ''
        certify(request.certificateRequest, nodeName).then((given) => answer(null, given), answer)
      },
    },
  }
}
