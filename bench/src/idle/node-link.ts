/**
 * A core that decides nothing: it has every node make its share of pods at once, and counts those that get ready. How
 * fast they do is the ceiling of the simulated nodes.
 *
 *   ◄ ready { nodeLink }      ► go ◄ filled { seconds }
 */
import { writeFileSync } from 'node:fs'
import { openStandInDoor } from '@fornax/certificates/test/stand-in-door'
import {
  ImagePullPolicy,
  Isolation,
  NodeJoinServiceService,
  NodeLinkServiceService,
  PodPhase,
  type Command,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { Server, type ServerDuplexStream } from '@grpc/grpc-js'

type Call = ServerDuplexStream<ConnectRequest, ConnectResponse>

const COMMANDS_PER_FRAME = 512
const CALM_MS = 60_000
const MS_PER_SECOND = 1_000
const VERSION = 'ver-0000000000000000'

const [joinToken = '', authorityFile = '', ...numbers] = process.argv.slice(2)
const [nodes = 0, podsPerNode = 0] = numbers.map(Number)
const calls: Call[] = []
let standby = 0
let startMs = 0

const server = new Server()
const door = await openStandInDoor({ joinToken })
writeFileSync(authorityFile, door.authority)
server.addService(NodeJoinServiceService, door.joining)
server.addService(NodeLinkServiceService, { connect: (call: Call) => serve(call) })
server.bindAsync('127.0.0.1:0', door.credentials, (error, port) => {
  if (error) throw error
  process.send?.({ type: 'ready', nodeLink: `127.0.0.1:${port}` })
})
process.on('SIGINT', () => undefined) // A terminal sends it to everybody; the bench says when it is over.
process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'go') begin()
  else leave()
})
process.on('disconnect', leave)

function serve(call: Call): void {
  call.on('error', () => undefined)
  call.on('end', () => call.end())
  call.on('data', ({ frame }: ConnectRequest) => {
    if (frame?.$case === 'reports') count(frame.value.reports)
    if (frame?.$case !== 'hello') return
    const times = { heartbeatIntervalMs: CALM_MS, leaseMs: CALM_MS, usageIntervalMs: 0 }
    call.write({ frame: { $case: 'hello', value: { coreId: 'cor-0000000000000000', epoch: 1, ...times, cores: [] } } })
    calls.push(call)
  })
}

function begin(): void {
  startMs = performance.now()
  for (const [node, call] of calls.entries()) {
    const commands = [defineVersion(), ...Array.from({ length: podsPerNode }, (_, pod) => createPod(`${node}-${pod}`))]
    while (commands.length > 0)
      call.write({
        frame: { $case: 'commands', value: { epoch: 1, commands: commands.splice(0, COMMANDS_PER_FRAME) } },
      })
  }
}

type Reports = Extract<NonNullable<ConnectRequest['frame']>, { $case: 'reports' }>['value']['reports']

function count(reports: Reports): void {
  for (const { report } of reports)
    if (report?.$case === 'pod' && report.value.phase === PodPhase.POD_PHASE_STANDBY) standby += 1
  if (standby === nodes * podsPerNode)
    process.send?.({ type: 'filled', seconds: (performance.now() - startMs) / MS_PER_SECOND })
}

function defineVersion(): Command {
  const value = {
    applicationVersionId: VERSION,
    image: 'simulated',
    command: [],
    args: [],
    env: {},
    ports: [{ name: 'web', protocol: 'http', containerPort: 8_080 }],
    cpuMillis: 10,
    memoryBytes: 2 ** 24,
    runtimeClass: '',
    sessionsPerPod: 1,
    readiness: { initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000, probe: undefined },
    usesSessionService: false,
    minIsolation: Isolation.ISOLATION_NONE,
    workingDirectory: '',
    files: [],
    imagePullPolicy: ImagePullPolicy.IMAGE_PULL_POLICY_UNSPECIFIED,
    user: '',
    hasWritableRoot: false,
    capabilities: [],
    ephemeralBytes: 0,
    terminationGraceMs: undefined,
    liveness: undefined,
    applicationName: 'app-1',
    versionNumber: 1,
  }
  return { command: { $case: 'defineApplicationVersion', value } }
}

function createPod(name: string): Command {
  const value = { podId: `pod-${name}`, applicationVersionId: VERSION, isWaitedFor: false, secrets: undefined }
  return { command: { $case: 'createPod', value } }
}

function leave(): void {
  server.forceShutdown()
  if (process.connected) process.disconnect()
}
