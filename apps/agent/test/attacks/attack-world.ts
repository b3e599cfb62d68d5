/** A node with everything on it that an attack could want, and a pod for each attack. */
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { invariant } from '@fornax/kernel/assert'
import { systemClock } from '@fornax/kernel/clock'
import { ServeRequest } from '@fornax/proto/fornax/session/v1/session'
import { z } from 'zod'
import { openLogSource, type LogStreamName } from '../../src/logs/log-source.ts'
import { anyPort } from '../../src/runtime/bubblewrap/test/scratch-runtime.ts'
import { greeter, orderOf } from '../../src/runtime/bubblewrap/test/scratch-orders.ts'
import { whyTooMuch } from '../../src/pods/disk-rules.ts'
import { podFolderOf } from '../../src/runtime/pod-folder.ts'
import { processesWithVariable, readProcess } from '../../src/runtime/process/process-table.ts'
import { SESSION_SOCKET, type PodOrder, type Runtime, type RuntimePod } from '../../src/runtime/runtime.ts'
import { SessionFolders } from '../../src/sessions/session-folders.ts'
import type { ApplicationLink, ApplicationListener } from '../../src/sessions/session-server.ts'
import { scriptOf } from './all-attacks.ts'
import {
  NODE_WORD,
  type Attack,
  type AttackedNode,
  type AttackResult,
  type ProcessName,
  type RuntimeKind,
} from './attack.ts'
import { openMetadataService } from './metadata-service.ts'

/** A runtime as an agent opens it whose data lies in `dataDir`, which is hidden from pods. */
export type AttackedRuntime = AsyncDisposable & {
  readonly kind: RuntimeKind
  readonly runtime: Runtime
  readonly podsFolder: string
  /** The same pod as this runtime can run it. */
  readonly adapt: (order: PodOrder) => PodOrder
  /** Where pods may write to memory of their own; empty: nowhere. */
  readonly ownFolders: readonly string[]
}

const SECRET = 'known to the agent alone'
const CANARY = 'as the node left it'
const KEPT_BYTES_MAX = 1024 * 1024
const END_TIMEOUT_MS = 45_000
const NEIGHBOUR_SESSION = 'ses-neighbour'

const saidSchema = z.object({ outcome: z.enum(['denied', 'contained', 'succeeded']), how: z.unknown() })

export class AttackWorld implements AsyncDisposable {
  readonly node: AttackedNode
  /** What the session service took for words of the neighbour. */
  readonly #heardOfNeighbour: string[]
  readonly #under: AttackedRuntime
  readonly #sessions: SessionFolders
  readonly #kept: AsyncDisposableStack
  #count = 0

  private constructor(
    node: AttackedNode,
    { under, sessions, kept, heard }: Omit<WorldParts, 'folder'> & { readonly heard: string[] },
  ) {
    this.node = node
    this.#heardOfNeighbour = heard
    this.#under = under
    this.#sessions = sessions
    this.#kept = kept
  }

  static async open(
    openRuntime: (dataDir: string) => Promise<AttackedRuntime>,
    parentFolder = PARENT_FOLDER,
  ): Promise<AttackWorld> {
    await using opening = new AsyncDisposableStack()
    const folder = nodeFolder(parentFolder)
    opening.defer(() => rmSync(folder, { recursive: true, force: true }))
    const dataDir = join(folder, 'data')
    const under = opening.use(await openRuntime(dataDir))
    opening.defer(async () => {
      for (const podId of await under.runtime.listPodIds()) await under.runtime.destroyPod(podId)
    })
    const sessions = new SessionFolders(dataDir)
    const heard: string[] = []
    const parts = { under, sessions, kept: opening, folder }
    const node = await furnish(parts, heard)
    return new AttackWorld(node, { under, sessions, kept: opening.move(), heard })
  }

  /** Runs an attack in a pod of its own, which is gone afterwards. */
  async run(attack: Attack): Promise<AttackResult & { readonly complained: string }> {
    this.#count += 1
    const podId = `pod-attack-${this.#count}`
    const { runtime, adapt, kind } = this.#under
    const wasHeard: string[] = []
    await using kept = new AsyncDisposableStack()
    kept.use(await meet(this.#sessions, podId, this.#under, wasHeard))
    if (attack.wantsMetadataService === true && this.node.hasOwnNetworks) kept.use(await openMetadataService())
    const order = orderOf(podId, scriptOf(attack, this.node), { cpuMillis: 1_000, ...attack.version })
    const given = kind === 'process' ? order : withFiles(order)
    const result = await runtime.createPod(adapt({ ...given, sessionFolder: this.#sessions.pathOf(podId) }))
    if (result.kind === 'failed')
      return { end: null, said: null, refusal: result.reason, wasEnded: false, wasHeard, complained: '' }
    const wasEnded = attack.isForAgentToEnd === true && (await this.#endForWriting(result.pod, order))
    const end = await result.pod.ended
    await hears(wasHeard, attack.wordsToHear ?? 0)
    this.#keepLogBounded(podId)
    const said = saidIn(this.#linesOf(podId, 'stdout'))
    const complained = this.#linesOf(podId, 'stderr').join('\n')
    await runtime.destroyPod(podId)
    this.#sessions.remove(podId)
    return { end, said, refusal: null, wasEnded, wasHeard, complained }
  }

  /** What of the node is not as it was; nothing where the attack had no way. */
  async damage(): Promise<readonly string[]> {
    const { hiddenFiles, canary, neighbour } = this.node
    const changed = [...hiddenFiles.filter((path) => readOrNothing(path) !== SECRET), canary].filter(
      (path) => path !== canary || readOrNothing(path) !== CANARY,
    )
    const greeting = await greet(neighbour.endpointPort).catch((error: unknown) => String(error))
    const isWell = greeting.startsWith('pod-')
    return [...changed, ...this.#heardOfNeighbour, ...(isWell ? [] : [`the neighbour: ${greeting}`])]
  }

  /** Puts right what an attack did that nothing keeps apart. */
  mend(): void {
    writeFileSync(this.node.canary, CANARY)
    this.#heardOfNeighbour.length = 0
    if (this.node.isSandboxed) return
    for (const folder of this.node.ownFolders) {
      rmSync(folder, { recursive: true })
      mkdirSync(folder)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept[Symbol.asyncDispose]()
  }

  /** As the agent does every ten seconds. False: there was no reason to. */
  async #endForWriting(pod: RuntimePod, { version }: PodOrder): Promise<boolean> {
    for (const untilMs = systemClock.nowMs() + END_TIMEOUT_MS; systemClock.nowMs() < untilMs;) {
      const used = await this.#under.runtime.readRootUse?.()
      if (whyTooMuch(version, used?.get(pod.podId) ?? 0) !== null) {
        pod.stop(0)
        return true
      }
      await new Promise<void>((resolve) => systemClock.schedule(100, resolve))
    }
    pod.stop(0)
    return false
  }

  /** As the agent does once a second. */
  #keepLogBounded(podId: string): void {
    const files = podFolderOf(this.#under.podsFolder, podId)
    openLogSource(files, this.#under.runtime.logFormat).rotate(KEPT_BYTES_MAX)
    for (const name of ['stdout.log', 'stdout.log.1', 'stderr.log', 'container.log', 'container.log.1']) {
      const bytes = statSync(join(files.path, name), { throwIfNoEntry: false })?.size ?? 0
      invariant(bytes <= KEPT_BYTES_MAX, `${name} of ${podId} still has ${bytes} bytes`)
    }
  }

  #linesOf(podId: string, stream: LogStreamName): readonly string[] {
    const source = openLogSource(podFolderOf(this.#under.podsFolder, podId), this.#under.runtime.logFormat)
    return source.tail(100).flatMap((piece) => (piece.stream === stream ? piece.lines : []))
  }
}

type WorldParts = {
  readonly under: AttackedRuntime
  readonly sessions: SessionFolders
  readonly kept: AsyncDisposableStack
  readonly folder: string
}

/** Not a temporary one where that can be helped, because pods have their own anyway. */
const PARENT_FOLDER = process.geteuid?.() === 0 ? '/var/lib' : tmpdir()

function nodeFolder(parentFolder: string): string {
  const folder = mkdtempSync(join(parentFolder, 'fornax-attacked-'))
  chmodSync(folder, 0o755)
  for (const [name, mode] of [
    ['data', 0o755],
    ['open', 0o777],
    ['own', 0o777],
  ] as const) {
    mkdirSync(join(folder, name))
    chmodSync(join(folder, name), mode)
  }
  for (const name of ['ledger.sqlite', 'identity.json', 'join-token'])
    writeFileSync(join(folder, 'data', name), SECRET, { mode: 0o644 })
  writeFileSync(join(folder, 'open', 'canary'), CANARY)
  chmodSync(join(folder, 'open', 'canary'), 0o666)
  return folder
}

/** Puts services and a neighbour on the node. */
async function furnish({ under, sessions, kept, folder }: WorldParts, heard: string[]): Promise<AttackedNode> {
  const data = join(folder, 'data')
  const named = `\0fornax-attacked-${process.pid}-${Math.random()}`
  const hidden = join(data, 'agent.sock')
  const openSocket = join(folder, 'open', 'service.sock')
  const everywhere = await listen(kept, { port: 0, host: '::' })
  const loopback = await listen(kept, { port: 0, host: '127.0.0.1' })
  await listen(kept, { path: named })
  for (const path of [hidden, openSocket]) {
    await listen(kept, { path })
    chmodSync(path, 0o777)
  }
  const isSandboxed = under.runtime.isolation !== 'none'
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return {
    kind: under.kind,
    hiddenFiles: ['ledger.sqlite', 'identity.json', 'join-token'].map((name) => join(data, name)),
    canary: join(folder, 'open', 'canary'),
    ownFolders: isSandboxed ? under.ownFolders : [join(folder, 'own')],
    isSandboxed,
    hasOwnNetworks: under.runtime.portsBelongTo === 'session',
    addresses: interfaces.map(({ address }) => address),
    nodePort: everywhere,
    loopbackPort: loopback,
    nodeSockets: [named, hidden],
    openSocket,
    agent: { pid: process.pid, startTicks: readProcess(process.pid)?.startTicks ?? 0 },
    neighbour: await moveIn({ under, sessions, kept, folder }, heard),
  }
}

async function moveIn({ under, sessions, kept }: WorldParts, heard: string[]): Promise<AttackedNode['neighbour']> {
  const { runtime, adapt } = under
  const podId = `pod-n${Math.random().toString(36).slice(2, 12)}`
  kept.use(await meet(sessions, podId, under, heard))
  const hostPorts = [anyPort()]
  const bare = { ...greeter(podId), sessionFolder: sessions.pathOf(podId) }
  const order = under.kind === 'process' ? bare : withFiles(bare)
  const result = await runtime.createPod(
    adapt({ ...order, hostPorts: runtime.portsBelongTo === 'pod' ? hostPorts : [] }),
  )
  if (result.kind === 'failed') throw new Error(`the neighbour did not start: ${result.reason}`)
  const { pod } = result
  const opened = await pod.openEndpoints({ sessionId: NEIGHBOUR_SESSION, hostPorts })
  const endpointPort = opened.kind === 'opened' ? opened.endpoints[0]?.port : undefined
  invariant(endpointPort !== undefined, 'the neighbour has an endpoint')
  invariant((await greet(endpointPort)) === podId, 'the neighbour is there')
  return {
    podId,
    process: processOf(podId),
    address: addressOf(pod),
    endpointPort,
    sessionSocket: join(sessions.pathOf(podId), SESSION_SOCKET),
    files: filesOf(podId, under),
    forgedWords: FORGED_WORDS,
  }
}

function filesOf(podId: string, { podsFolder, kind }: AttackedRuntime): readonly string[] {
  const secrets = globSync(`/dev/shm/fornax-secrets-*/${podId}/*`)
  invariant((kind === 'process') === (secrets.length === 0), 'the neighbour has a secret where it can have one')
  const own = readdirSync(podFolderOf(podsFolder, podId).path, { recursive: true, withFileTypes: true })
  return [...secrets, ...own.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))]
}

function processOf(podId: string): ProcessName {
  const [found] = processesWithVariable('FORNAX_POD_ID', podId)
  invariant(found !== undefined, 'the neighbour has a process')
  return { pid: found.pid, startTicks: found.startTicks }
}

function addressOf(pod: RuntimePod) {
  const address = pod.probeAddress('game')
  invariant(address !== null, 'the neighbour has an address')
  return address
}

/** What an application says that opens and closes a session, in the frames of gRPC. */
const FORGED_WORDS = (
  [
    { $case: 'hello', value: { sdkVersion: '1', sessions: [] } },
    { $case: 'opened', value: { sessionId: NEIGHBOUR_SESSION } },
    { $case: 'closed', value: { sessionId: NEIGHBOUR_SESSION, message: 'forged' } },
  ] satisfies readonly ServeRequest['message'][]
).map((message) => {
  const body = ServeRequest.encode({ message }).finish()
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body]).toString('base64')
})

/** What an agent does for each pod that uses the session service. */
function meet(
  sessions: SessionFolders,
  podId: string,
  { runtime }: AttackedRuntime,
  heard: string[],
): Promise<ApplicationLink> {
  const note = (word: string) => (sessionId: string) => void heard.push(`${word} ${sessionId}`)
  const listener: ApplicationListener = {
    hello: () => heard.push('hello'),
    opened: note('opened'),
    refused: note('refused'),
    clientsCounted: note('clients'),
    closed: note('closed'),
    silent: () => undefined,
  }
  return sessions.open({ podId, owner: runtime.podOwner, clock: systemClock, listener, isExpected: false })
}

/** What was said last may still be on its way when who said it has ended. */
async function hears(words: readonly string[], count: number): Promise<void> {
  for (const untilMs = systemClock.nowMs() + 10_000; words.length < count && systemClock.nowMs() < untilMs;)
    await new Promise<void>((resolve) => systemClock.schedule(10, resolve))
}

/** A file of its version and one that is a secret. */
function withFiles(order: PodOrder): PodOrder {
  return {
    ...order,
    version: { ...order.version, files: [{ path: '/run/given/of-version', content: 'given' }] },
    secrets: {
      env: {},
      files: [{ path: '/run/given/of-secret', content: Buffer.from('given') }],
      credentials: [],
      problem: '',
    },
  }
}

function saidIn(lines: readonly string[]): AttackResult['said'] {
  const last = lines.at(-1)
  if (last === undefined) return null
  const { outcome, how = null } = saidSchema.parse(JSON.parse(last))
  return { outcome, how }
}

async function listen(
  kept: AsyncDisposableStack,
  where: { readonly port: number; readonly host: string } | { readonly path: string },
): Promise<number> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined).end(NODE_WORD))
  await new Promise<void>((resolve) => server.listen(where, resolve))
  kept.defer(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function greet(port: number): Promise<string> {
  const deadlineMs = systemClock.nowMs() + 30_000
  for (;;) {
    try {
      return await firstWord(port)
    } catch (error) {
      if (systemClock.nowMs() > deadlineMs) throw error
      await new Promise<void>((resolve) => systemClock.schedule(20, resolve))
    }
  }
}

function firstWord(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 })
    socket.once('data', (bytes) => {
      resolve(bytes.toString())
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy(new Error('nobody answered')))
    socket.once('error', reject)
  })
}

function readOrNothing(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : ''
}
