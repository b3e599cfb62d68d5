/**
 * What the security of the hot path costs, each measured beside the same work without it, in turns, in one process:
 * `node bench/src/inner/security-costs.ts` prints it. `docs/security.md` has what it printed.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { CORE_NAME } from '@fornax/certificates/names'
import { openStandInDoor } from '@fornax/certificates/test/stand-in-door'
import { BEGINNING, chained, sealText } from '@fornax/core/trail/audit-chain'
import { sessionsFact, type WrittenSession } from '@fornax/core/trail/session-digest'
import {
  NodeLinkServiceClient,
  NodeLinkServiceService,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import {
  credentials,
  Server,
  ServerCredentials,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ServerDuplexStream,
} from '@grpc/grpc-js'

const ROUNDS = 11
const FRAMES = 4_000
/** Sessions of one frame, and of one group of rows, under load. */
const GROUP = 32
const GROUPS = 2_000
const DIGITS = 1_000

type Link = { readonly call: ClientDuplexStream<ConnectRequest, ConnectResponse>; readonly close: () => void }

const BEAT: ConnectRequest = { frame: { $case: 'heartbeat', value: {} } }
const COMMANDS: ConnectResponse = {
  frame: {
    $case: 'commands',
    value: {
      epoch: 1,
      commands: Array.from({ length: GROUP }, (_, number) => ({
        command: {
          $case: 'startSession' as const,
          value: {
            sessionId: `ses-00000000000000${number}`,
            podId: `pod-00000000000000${number}`,
            grantEpoch: number,
            remainingOpenTimeoutMs: 10_000,
            data: Buffer.alloc(0),
            env: {},
            killPod: false,
            dozeAfterMs: 0,
          },
        },
      })),
    },
  },
}

const door = await openStandInDoor({ joinToken: 'unused' })
const plain = await openLink(ServerCredentials.createInsecure(), credentials.createInsecure())
const secured = await openLink(door.credentials, credentials.createSsl(Buffer.from(door.authority)))
const links = { plain: [] as number[], tls: [] as number[], pair: [] as number[] }
await exchange(plain)
await exchange(secured)
for (let round = 0; round < ROUNDS; round += 1) {
  const without = await usPerSession(() => exchange(plain), FRAMES * GROUP)
  const withTls = await usPerSession(() => exchange(secured), FRAMES * GROUP)
  links.plain.push(without)
  links.tls.push(withTls)
  links.pair.push(withTls / without)
}
plain.close()
secured.close()

const { privateKey } = generateKeyPairSync('ed25519')
const audit: number[] = []
for (let round = 0; round < ROUNDS; round += 1) audit.push(await usPerSession(auditGroups, GROUPS * GROUP))

const said = {
  nodeLink: { plainUs: median(links.plain), tlsUs: median(links.tls), ratio: median(links.pair) },
  auditUs: median(audit),
}
process.stdout.write(`${JSON.stringify(said)}\n`)

/** Both ends of a stream in this process: what is measured is the CPU of core and agent together. */
async function openLink(served: ServerCredentials, shown: ChannelCredentials): Promise<Link> {
  const server = new Server()
  server.addService(NodeLinkServiceService, {
    connect: (call: ServerDuplexStream<ConnectRequest, ConnectResponse>) => {
      call.on('error', () => undefined)
      call.on('data', ({ frame }: ConnectRequest) => frame?.$case === 'heartbeat' && call.write(COMMANDS))
    },
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', served, (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  const client = new NodeLinkServiceClient(`127.0.0.1:${port}`, shown, {
    'grpc.ssl_target_name_override': CORE_NAME,
  })
  const call = client.connect()
  call.on('error', () => undefined)
  return {
    call,
    close: () => {
      call.cancel()
      client.close()
      server.forceShutdown()
    },
  }
}

/** So many frames with commands come one after another; each is asked for. */
async function exchange({ call }: Link): Promise<void> {
  for (let frame = 0; frame < FRAMES; frame += 1) {
    call.write(BEAT)
    await once(call, 'data')
  }
}

/** What is written of groups of sessions: a digest, a link of the chain and its seal. */
async function auditGroups(): Promise<void> {
  let last = BEGINNING
  for (let group = 0; group < GROUPS; group += 1) {
    const fact = sessionsFact(Array.from({ length: GROUP }, (_, number) => written(group * GROUP + number)))
    if (fact === null) continue
    const record = chained({ ...fact, atMs: group }, last)
    sign(null, Buffer.from(sealText('head', record)), privateKey)
    last = record
  }
}

function written(number: number): WrittenSession {
  const by = { id: 'tok-0123456789abcdef', source: '10.0.0.1', requestId: '01234567-89ab-cdef-0123-456789abcdef' }
  return {
    id: `ses-${String(number).padStart(16, '0')}`,
    tenantId: 'ten-0123456789abcdef',
    applicationId: 'app-0123456789abcdef',
    createdAtMs: 1_700_000_000_000 + number,
    phase: 'available',
    closedAtMs: null,
    closeReason: null,
    timeline: [{ step: 'asked', by }, { step: 'podTaken' }, { step: 'available' }],
  }
}

async function usPerSession(work: () => Promise<void>, sessions: number): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / sessions
}

function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  return Math.round(middle * DIGITS) / DIGITS
}
