/**
 * One stream between an agent and a core, as both of them see gRPC: frames in order, the end of it, and what is
 * lost with it. Frames are encoded and decoded as on a real wire. Each stream has its own order: frames of an old
 * one may arrive when a new one has begun, and then reach only the connection that they belong to.
 */
import type { CoreStream, FrameToCore, StreamEnd, StreamListener } from '@fornax/agent/corelink/core-stream'
import type { NodeConnection, NodeStream, Refusal } from '@fornax/core/nodelink/node-connection'
import { ConnectRequest, ConnectResponse } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { AGENT_REPORT, CORE_COMMAND, CORE_SEND, type CrashPoint, type CrashSide, type Mortal } from './crash-points.ts'
import { wordsOf } from './frame-words.ts'
import type { Ground } from './ground.ts'
import type { Line, PassingStream } from './line.ts'
import type { Peer } from './peer.ts'
import { Pipe } from './pipe.ts'

/** Where streams to a core arrive. */
export type CoreDoor = Peer & {
  /** Null while nobody listens. */
  accept(stream: NodeStream, nodeName: string): NodeConnection | null
}

export type WireParts = {
  readonly ground: Ground
  readonly line: Line
  readonly name: string
  readonly agent: Peer
  /** The core of the moment in which the stream reaches it; null: no process listens. */
  readonly findCore: () => CoreDoor | null
  readonly listener: StreamListener
  /** The agent is about to take in a frame: its epoch, when it has one. */
  readonly onEpoch: (coreId: string, epoch: number) => void
}

/** With this many frames under way a writer is asked to wait until all have gone, with the second to give up. */
const FREE_FRAMES = 16
const ROOM_FRAMES = 48

const REFUSALS: readonly Refusal['code'][] = ['unauthenticated', 'permissionDenied', 'invalidArgument', 'alreadyExists']

export class Wire implements CoreStream, PassingStream {
  readonly ended: Promise<StreamEnd>
  readonly #parts: WireParts
  readonly #toCore: Pipe
  readonly #toAgent: Pipe
  readonly #end: (end: StreamEnd) => void
  #coreId = ''
  #core: CoreDoor | null = null
  #connection: NodeConnection | null = null
  #isAgentOpen = true
  /** Null: not yet. */
  #isCoreOpen: boolean | null = null
  #isAgentBlocked = false
  #isCoreBlocked = false

  constructor(parts: WireParts) {
    this.#parts = parts
    const { promise, resolve } = Promise.withResolvers<StreamEnd>()
    this.ended = promise
    this.#end = resolve
    this.#toCore = new Pipe(parts.ground, parts.line)
    this.#toAgent = new Pipe(parts.ground, parts.line)
    this.#toCore.onEmpty = () => this.#drainAgent()
    this.#toAgent.onEmpty = () => this.#drainCore()
    parts.line.wires.add(this)
    this.#note('opens')
    this.#toCore.push(() => this.#arrive())
  }

  /** Whether both ends are open, and the core's is this one's. */
  isOpenTo(core: Peer): boolean {
    return this.#isAgentOpen && this.#isCoreOpen === true && this.#core === core
  }

  get isFree(): boolean {
    return !this.#isAgentBlocked
  }

  get hasRoom(): boolean {
    return this.#toCore.waiting < ROOM_FRAMES
  }

  write(frame: FrameToCore): void {
    const { agent } = this.#parts
    if (!this.#isAgentOpen || !agent.life.isAlive) return
    if (this.#passes(AGENT_REPORT[frame.$case], 'before', agent)) return
    const bytes = ConnectRequest.encode({ frame }).finish()
    const words = wordsOf(frame)
    this.#note(`says ${words}`)
    const deliver = (): void => this.#toConnection(() => this.#hear(ConnectRequest.decode(bytes), words))
    this.#toCore.push(deliver)
    if (frame.$case !== 'hello' && this.#isDuplicated()) this.#toCore.push(deliver)
    this.#isAgentBlocked ||= this.#toCore.waiting >= FREE_FRAMES
    this.#passes(AGENT_REPORT[frame.$case], 'after', agent)
  }

  async end(): Promise<void> {
    this.#toCore.push(() =>
      this.#toConnection((connection) => {
        this.#closeCore(connection)
        this.#toAgent.push(() => this.#endAgent('the core ended the connection', false))
      }),
    )
    await this.ended
  }

  /** The agent gives the stream up; of what it said last, some may not have left. */
  close(): void {
    if (!this.#isAgentOpen) return
    this.#note('is given up by its agent')
    this.#leave()
    this.#endAgent('cancelled', false)
  }

  /** The agent's process is gone. `isNoticed`: its machine still runs, and says so. */
  agentDied(agent: Peer, isNoticed: boolean): void {
    if (this.#parts.agent !== agent || !this.#isAgentOpen) return
    this.#isAgentOpen = false
    if (isNoticed) this.#leave()
    else this.#breaks({ core: false, agent: false })
  }

  /** The core's process is gone; its machine says so. */
  coreDied(core: Peer): void {
    if (this.#core !== core) return
    this.#isCoreOpen = false
    this.#toAgent.lose(this.#parts.line.chance.nextInt(this.#toAgent.waiting + 1))
    this.#toAgent.push(() => this.#endAgent('connection reset', false))
    this.#forgetIfOver()
  }

  /** Something between breaks the connection: what is under way is lost. Who does not notice finds out by silence. */
  breaks(noticed: { readonly core: boolean; readonly agent: boolean }): void {
    this.#note(`breaks${noticed.core ? ', the core notices' : ''}${noticed.agent ? ', the agent notices' : ''}`)
    this.#breaks(noticed)
  }

  /** The core's pings were not answered for too long. */
  coreNoticesSilence(): void {
    this.#toConnection((connection) => {
      this.#note('is given up by the core: no ping is answered')
      if (this.#parts.line.chance.isHit(0.5)) this.#toAgent.lose(0)
      this.#closeCore(connection)
      this.#toAgent.push(() => this.#endAgent('connection reset', false))
    })
  }

  release(): void {
    this.#toCore.release()
    this.#toAgent.release()
  }

  /** The agent's end closes: of what it said last, some may not have left. */
  #leave(): void {
    this.#toCore.lose(this.#parts.line.chance.nextInt(this.#toCore.waiting + 1))
    this.#toCore.push(() => {
      if (this.#core === null) this.#isCoreOpen = false // Even the beginning was lost.
      this.#toConnection((connection) => this.#closeCore(connection))
      this.#forgetIfOver()
    })
  }

  #breaks(noticed: { readonly core: boolean; readonly agent: boolean }): void {
    const { ground, line } = this.#parts
    this.#toCore.cut()
    this.#toAgent.cut()
    const coreMs = noticed.core ? line.chance.nextInt(5) : line.keepaliveMs()
    ground.clock.schedule(coreMs, () => {
      this.#toConnection((connection) => this.#closeCore(connection))
      if (this.#isCoreOpen === null) this.#isCoreOpen = false // It never got there.
      this.#forgetIfOver()
    })
    if (noticed.agent) ground.clock.schedule(line.chance.nextInt(5), () => this.#endAgent('connection reset', false))
  }

  /** The stream reaches the core's machine. */
  #arrive(): void {
    const core = this.#parts.findCore()
    const refuse = (): void => {
      this.#isCoreOpen = false
      this.#toAgent.push(() => this.#endAgent('connection refused', false))
    }
    if (core === null) return refuse()
    this.#core = core
    core.life.enter(() => {
      this.#connection = core.accept(this.#nodeStream(core), this.#parts.agent.name)
      if (this.#connection === null) return refuse()
      this.#isCoreOpen = true
    })
  }

  #nodeStream(core: CoreDoor): NodeStream {
    return {
      write: (frame) => this.#coreWrites(core, frame),
      end: () => {
        if (!core.life.isAlive) return
        this.#isCoreOpen = false
        this.#toAgent.push(() => this.#endAgent('the core ended the connection', false))
        this.#forgetIfOver()
      },
      fail: ({ code, message }) => {
        if (!core.life.isAlive) return
        this.#note(`is refused by the core: ${message}`)
        this.#isCoreOpen = false
        this.#toAgent.push(() => this.#endAgent(message, REFUSALS.includes(code)))
        this.#forgetIfOver()
      },
    }
  }

  #coreWrites(core: CoreDoor, { frame }: ConnectResponse): boolean {
    if (frame === undefined || !core.life.isAlive || this.#isCoreOpen === false) return true
    const points = pointsOf(frame)
    if (points.some((point) => this.#passes(point, 'before', core))) return true
    const bytes = ConnectResponse.encode({ frame }).finish()
    const words = wordsOf(frame)
    this.#note(`is told ${words}`)
    const deliver = (): void => this.#parts.agent.life.enter(() => this.#toListener(bytes, words))
    this.#toAgent.push(deliver)
    if (frame.$case === 'commands' && this.#isDuplicated()) this.#toAgent.push(deliver)
    for (const point of points) this.#passes(point, 'after', core)
    this.#isCoreBlocked ||= this.#toAgent.waiting >= FREE_FRAMES
    return !this.#isCoreBlocked
  }

  #toListener(bytes: Uint8Array, words: string): void {
    if (!this.#isAgentOpen) return
    this.#note(`hears ${words}`)
    const { frame } = ConnectResponse.decode(bytes)
    if (frame === undefined) return
    if (frame.$case === 'hello') this.#coreId = frame.value.coreId
    if (frame.$case === 'hello' || frame.$case === 'commands') this.#parts.onEpoch(this.#coreId, frame.value.epoch)
    this.#parts.listener.frame(frame)
  }

  /** Runs inside the core, if it is there and its end is open. Otherwise the agent is told that nobody listens. */
  #toConnection(act: (connection: NodeConnection) => void): void {
    this.#core?.life.enter(() => {
      if (this.#connection !== null && this.#isCoreOpen === true) act(this.#connection)
    })
  }

  #hear(request: ConnectRequest, words: string): void {
    this.#note(`reaches the core: ${words}`)
    this.#connection?.receive(request)
  }

  #closeCore(connection: NodeConnection): void {
    this.#isCoreOpen = false
    this.#forgetIfOver()
    connection.closed()
  }

  #endAgent(reason: string, isRefusal: boolean): void {
    if (!this.#isAgentOpen) return
    this.#isAgentOpen = false
    this.#note(`ends for its agent: ${reason}`)
    this.#parts.ground.clock.schedule(0, () => this.#parts.agent.life.enter(() => this.#end({ reason, isRefusal })))
    this.#forgetIfOver()
  }

  #forgetIfOver(): void {
    if (!this.#isAgentOpen && this.#isCoreOpen === false) this.#parts.line.wires.delete(this)
  }

  #drainAgent(): void {
    if (!this.#isAgentBlocked) return
    this.#isAgentBlocked = false
    this.#parts.agent.life.enter(() => this.#isAgentOpen && this.#parts.listener.drained())
  }

  #drainCore(): void {
    if (!this.#isCoreBlocked) return
    this.#isCoreBlocked = false
    this.#toConnection((connection) => connection.drained())
  }

  #isDuplicated(): boolean {
    const { line, ground } = this.#parts
    const isHit = line.duplicated > 0 && line.chance.isHit(line.duplicated)
    if (isHit) ground.fault('frames duplicated')
    return isHit
  }

  #passes(point: CrashPoint, side: CrashSide, who: Mortal): boolean {
    return this.#parts.ground.crashes.pass(point, side, who)
  }

  #note(what: string): void {
    this.#parts.ground.note(`${this.#parts.name} ${what}`)
  }
}

/** A frame of commands passes a point for each kind of command in it. */
function pointsOf(frame: NonNullable<ConnectResponse['frame']>): readonly CrashPoint[] {
  if (frame.$case !== 'commands') return [CORE_SEND[frame.$case]]
  const kinds = new Set(frame.value.commands.flatMap(({ command }) => command?.$case ?? []))
  return [CORE_SEND.commands, ...Array.from(kinds, (kind) => CORE_COMMAND[kind])]
}
