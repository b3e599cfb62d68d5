/** How this machine asks a core for its certificates, each time over a connection of its own. */
import { createSecureContext, type SecureContext } from 'node:tls'
import { CORE_NAME } from '@fornax/certificates/names'
import { pinOf } from '@fornax/certificates/peer-certificate'
import {
  NodeJoinServiceClient,
  type GetAuthorityResponse,
  type JoinRequest,
  type JoinResponse,
  type NodeCertificate,
  type RenewRequest,
  type RenewResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import {
  credentials,
  Metadata,
  status,
  type CallOptions,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js'
import { systemClock } from '@fornax/kernel/clock'
import { NoStreamError } from './core-stream.ts'

const ANSWER_MS = 10_000

/** What every connection to a core is made with. */
export const LINK_OPTIONS = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.service_config_disable_resolution': 1,
  // Cores go by one name, whatever the address.
  'grpc.ssl_target_name_override': CORE_NAME,
  'grpc.default_authority': CORE_NAME,
} as const

/** Credentials that trust these authorities and nobody else. */
export function trusting(
  authorities: readonly string[],
  own?: { readonly key: string; readonly certificate: string },
): ChannelCredentials {
  const context: SecureContext = createSecureContext({
    minVersion: 'TLSv1.3',
    ca: [...authorities],
    ...(own && { key: own.key, cert: own.certificate }),
  })
  return credentials.createFromSecureContext(context)
}

/** The authority of a core that a pin names. Nothing that is secret is said before it is known. */
export async function pinnedAuthority(address: string, pin: string): Promise<string> {
  const unproven = credentials.createFromSecureContext(createSecureContext({ minVersion: 'TLSv1.3' }), {
    rejectUnauthorized: false,
  })
  const { authorities } = await asking<GetAuthorityResponse>(
    address,
    unproven,
    (client, { metadata, options }, answer) => client.getAuthority({}, metadata, options, answer),
  )
  const authority = authorities.find((pem) => isPinned(pem, pin))
  if (authority !== undefined) return authority
  throw new NoStreamError(`the core at ${address} is not the one that the join token is from`, true)
}

export async function join(
  address: string,
  trusted: ChannelCredentials,
  request: JoinRequest,
): Promise<NodeCertificate> {
  const { certificate } = await asking<JoinResponse>(address, trusted, (client, { metadata, options }, answer) =>
    client.join(request, metadata, options, answer),
  )
  return present(certificate)
}

export async function renew(
  address: string,
  trusted: ChannelCredentials,
  request: RenewRequest,
): Promise<NodeCertificate> {
  const { certificate } = await asking<RenewResponse>(address, trusted, (client, { metadata, options }, answer) =>
    client.renew(request, metadata, options, answer),
  )
  return present(certificate)
}

function present(certificate: NodeCertificate | undefined): NodeCertificate {
  if (certificate === undefined) throw new NoStreamError('the core gave no certificate', false)
  return certificate
}

function isPinned(pem: string, pin: string): boolean {
  try {
    return pinOf(pem) === pin
  } catch {
    return false // What is no certificate is not the pinned one.
  }
}

type Answer<Response> = (error: ServiceError | null, response: Response) => void
type Call = { readonly metadata: Metadata; readonly options: Partial<CallOptions> }

/** One call on a connection that nothing else uses. Rejects with a `NoStreamError`. */
async function asking<Response extends object>(
  address: string,
  trusted: ChannelCredentials,
  ask: (client: NodeJoinServiceClient, call: Call, answer: Answer<Response>) => unknown,
): Promise<Response> {
  const client = new NodeJoinServiceClient(address, trusted, LINK_OPTIONS)
  try {
    return await new Promise((resolve, reject) => {
      const call = { metadata: new Metadata(), options: { deadline: systemClock.nowMs() + ANSWER_MS } }
      ask(client, call, (error, response) => (error === null ? resolve(response) : reject(problemOf(error))))
    })
  } finally {
    client.close()
  }
}

const REFUSALS: readonly status[] = [
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.INVALID_ARGUMENT,
  status.ALREADY_EXISTS,
  status.UNIMPLEMENTED,
]

function problemOf(error: ServiceError): NoStreamError {
  const reason = error.details === '' ? error.message : error.details
  return new NoStreamError(reason, REFUSALS.includes(error.code), { cause: error })
}
