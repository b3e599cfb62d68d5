/** A whole core to be fuzzed, and what it said that it did not expect. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { IdentityKeeper } from '@fornax/agent/corelink/identity-keeper'
import { identityInMemory } from '@fornax/agent/corelink/node-identity'
import { CORE_NAME } from '@fornax/certificates/names'
import { systemClock } from '@fornax/kernel/clock'
import { createLog, type Log } from '@fornax/kernel/log'
import {
  ConnectRequest,
  Isolation,
  NodeLinkServiceClient,
  PodPhase,
  SessionPhase,
  type ConnectResponse,
  type PodReport,
  type Report,
  type SessionReport,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { credentials, type ChannelCredentials } from '@grpc/grpc-js'
import { createCore } from '../../src/core.ts'
import { testCoreConfig } from '../support/core-config.ts'

export const ADMIN = 'the-admin-token-of-the-fuzz'
const JOIN = 'the-join-token-of-the-fuzz'
export const LINK_OPTIONS = { 'grpc.ssl_target_name_override': CORE_NAME, 'grpc.use_local_subchannel_pool': 1 }

export async function startFuzzCore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'fornax-fuzz-'))
  const unexpected: string[] = []
  const core = await createCore({
    clock: systemClock,
    log: hearing(unexpected),
    config: testCoreConfig({ dataDir, adminToken: ADMIN, joinToken: JOIN, isProduction: true }),
  })
  const authority = await readFile(join(dataDir, 'node-ca.pem'), 'utf8')
  return {
    core,
    unexpected: () => unexpected,
    credentialsOf: async (nodeName: string): Promise<ChannelCredentials> => {
      const store = identityInMemory()
      const options = {
        coreAddress: core.nodeLink,
        nodeName,
        store,
        clock: systemClock,
        log: createLog('fuzz', 'silent'),
      }
      await using keeper = new IdentityKeeper({ ...options, joinToken: () => JOIN, authority: () => authority })
      await keeper.credentials(`led-${nodeName}`)
      const identity = store.load()
      if (identity === null) throw new Error('the node has not joined')
      const shown = { ca: authority, key: identity.key, cert: identity.certificate, minVersion: 'TLSv1.3' } as const
      return credentials.createFromSecureContext(createSecureContext(shown))
    },
    [Symbol.asyncDispose]: async () => {
      await core[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Keeps what is said at the level of errors: what a fuzzer finds was expected, or it is a defect. */
function hearing(unexpected: string[]): Log {
  const log = createLog('core', 'silent')
  const isOfEpochs = /epoch/ // A node that has seen a later core is believed within bounds.
  log.error = (...said: unknown[]) => {
    const text = said.map((one) => (one instanceof Object ? describe(one) : String(one))).join(' ')
    if (!isOfEpochs.test(text)) unexpected.push(text)
  }
  return log
}

function describe(said: object): string {
  const { err } = Object(said)
  return err instanceof Error ? (err.stack ?? err.message) : JSON.stringify(said)
}

/** Whether a node is let in. Rejects with the words of the core when it is not. */
export async function joinsHonestly(address: string, shown: ChannelCredentials, hello: Uint8Array): Promise<void> {
  const client = new NodeLinkServiceClient(address, shown, LINK_OPTIONS)
  try {
    const call = client.connect()
    call.write(ConnectRequest.decode(hello))
    await new Promise<void>((resolve, reject) => {
      call.on('data', ({ frame }: ConnectResponse) => frame?.$case === 'hello' && resolve())
      call.on('error', reject)
    })
    call.on('error', () => undefined)
    call.cancel()
  } finally {
    client.close()
  }
}

/** One frame of each kind, as an agent would send it. */
export function framesOf(nodeName: string): { readonly hello: Uint8Array; readonly frames: readonly Uint8Array[] } {
  const frame = (value: NonNullable<ConnectRequest['frame']>): Uint8Array =>
    ConnectRequest.encode({ frame: value }).finish()
  const pod: PodReport = {
    podId: 'pod-0000000000000001',
    applicationVersionId: 'ver-1',
    phase: PodPhase.POD_PHASE_STANDBY,
    failure: '',
    lastLogLines: ['a line'],
    exitCode: undefined,
    grantEpoch: 1,
    readyAfterMs: 5,
    runtime: 'process',
    failureKind: 0,
    isSpent: false,
    startPhases: undefined,
    hibernation: undefined,
  }
  const session: SessionReport = {
    sessionId: 'ses-0000000000000001',
    podId: pod.podId,
    grantEpoch: 1,
    phase: SessionPhase.SESSION_PHASE_AVAILABLE,
    endpoints: [{ name: 'web', protocol: 'http', host: '127.0.0.1', port: 20_000 }],
    clientCount: 1,
    message: 'm',
    end: 0,
  }
  const reports: Report[] = [{ report: { $case: 'pod', value: pod } }, { report: { $case: 'session', value: session } }]
  return {
    hello: frame({
      $case: 'hello',
      value: {
        nodeName,
        ledgerId: `led-${nodeName}`,
        epochMarks: [],
        agentVersion: '0',
        resources: { cpuMillis: 1_000, memoryBytes: 1_000_000, pods: 10 },
        runtimes: [{ name: 'process', isolation: Isolation.ISOLATION_NONE }],
        labels: { zone: 'a' },
        taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }],
        address: '127.0.0.1',
      },
    }),
    frames: [
      frame({
        $case: 'state',
        value: { revision: 1, pods: [pod], sessions: [], applicationVersionIds: ['ver-1'], isLast: true },
      }),
      frame({ $case: 'reports', value: { firstRevision: 2, reports } }),
      frame({ $case: 'heartbeat', value: {} }),
      frame({ $case: 'epochRefused', value: { highestEpoch: 1 } }),
      frame({
        $case: 'logChunk',
        value: { requestId: 'r', lines: [{ stream: 1, text: 'x' }], isLast: false, problem: '', skippedLines: 0 },
      }),
    ],
  }
}
