/**
 * Every place where a process acts on the world, by name: where the core commits, sends and answers, where an agent
 * writes its ledger, calls its runtime and reports. A process can be made to die before or after each. The tables
 * below are complete by their types: a port that grows without a row here does not compile.
 */
import type { LedgerChange } from '@fornax/agent/ledger/ledger'
import type { Runtime, RuntimePod } from '@fornax/agent/runtime/runtime'
import type { UseCases } from '@fornax/core/graphql/core-port'
import type { Store } from '@fornax/core/store/store'
import type { Command, ConnectRequest, ConnectResponse } from '@fornax/proto/fornax/nodelink/v1/nodelink'

export type CrashSide = 'before' | 'after'

export const CRASH_SIDES: readonly CrashSide[] = ['before', 'after']

export type StoreCall = Exclude<keyof Store, symbol>
export type UseCase = keyof UseCases
export type FrameFromCore = NonNullable<ConnectResponse['frame']>
export type FrameFromAgent = NonNullable<ConnectRequest['frame']>
export type CommandCase = NonNullable<Command['command']>['$case']

/** The runtime's port, whole: what it does, by name, and what is only a fact. */
const RUNTIME = {
  isPortFree: 'agent.runtime.isPortFree',
  createPod: 'agent.runtime.createPod',
  adoptPod: 'agent.runtime.adoptPod',
  listPodIds: 'agent.runtime.listPodIds',
  destroyPod: 'agent.runtime.destroyPod',
  readUsage: 'agent.runtime.readUsage',
  openEndpoints: 'agent.runtime.openEndpoints',
  closeEndpoints: 'agent.runtime.closeEndpoints',
  stop: 'agent.runtime.stop',
  freeze: 'agent.runtime.freeze',
  thaw: 'agent.runtime.thaw',
  reclaim: 'agent.runtime.reclaim',
  measureMemory: 'agent.runtime.measureMemory',
  name: null,
  isOnRequest: null,
  isolation: null,
  hasProcesses: null,
  hasSessionService: null,
  portsBelongTo: null,
  podOwner: null,
  logFormat: null,
  prepareImage: null,
  imageFolder: null,
  collectImages: null,
  readRootUse: null,
  images: null,
  podId: null,
  handle: null,
  activity: null,
  owner: null,
  ended: null,
  probeAddress: null,
  execute: null,
  noteReady: null,
} as const satisfies Record<Exclude<keyof Runtime | keyof RuntimePod, symbol>, string | null>

/** What a runtime does. */
export type RuntimeCall = {
  [Name in keyof typeof RUNTIME]: (typeof RUNTIME)[Name] extends string ? Name : never
}[keyof typeof RUNTIME]

export const CORE_STORE = {
  start: 'core.store.start',
  raiseEpochAbove: 'core.store.raiseEpochAbove',
  addTenant: 'core.store.addTenant',
  saveTenant: 'core.store.saveTenant',
  removeTenant: 'core.store.removeTenant',
  addToken: 'core.store.addToken',
  removeToken: 'core.store.removeToken',
  saveTokenUses: 'core.store.saveTokenUses',
  addUser: 'core.store.addUser',
  saveUser: 'core.store.saveUser',
  removeUser: 'core.store.removeUser',
  application: 'core.store.application',
  addApplication: 'core.store.addApplication',
  publishVersion: 'core.store.publishVersion',
  updateScalingPolicy: 'core.store.updateScalingPolicy',
  saveRollOut: 'core.store.saveRollOut',
  versions: 'core.store.versions',
  removeApplication: 'core.store.removeApplication',
  saveNode: 'core.store.saveNode',
  removeNode: 'core.store.removeNode',
  recordSessions: 'core.store.recordSessions',
  session: 'core.store.session',
  sessionHistory: 'core.store.sessionHistory',
  sessionOfKey: 'core.store.sessionOfKey',
} as const satisfies Record<StoreCall, string>

export const CORE_SEND = {
  hello: 'core.send.hello',
  commands: 'core.send.commands',
  heartbeat: 'core.send.heartbeat',
  readLog: 'core.send.readLog',
  stopLog: 'core.send.stopLog',
  preloadImage: 'core.send.preloadImage',
} as const satisfies Record<FrameFromCore['$case'], string>

/** A frame of commands is passed once for each kind of command in it. */
export const CORE_COMMAND = {
  defineApplicationVersion: 'core.send.defineApplicationVersion',
  forgetApplicationVersion: 'core.send.forgetApplicationVersion',
  createPod: 'core.send.createPod',
  stopPod: 'core.send.stopPod',
  hibernatePod: 'core.send.hibernatePod',
  wakePod: 'core.send.wakePod',
  startSession: 'core.send.startSession',
  closeSession: 'core.send.closeSession',
  forgetSessions: 'core.send.forgetSessions',
  sendState: 'core.send.sendState',
} as const satisfies Record<CommandCase, string>

export const CORE_ANSWER = {
  openSession: 'core.answer.openSession',
  closeSession: 'core.answer.closeSession',
  createApplication: 'core.answer.createApplication',
  publishVersion: 'core.answer.publishVersion',
  updateScalingPolicy: 'core.answer.updateScalingPolicy',
  deleteApplication: 'core.answer.deleteApplication',
  cordonNode: 'core.answer.cordonNode',
  uncordonNode: 'core.answer.uncordonNode',
  drainNode: 'core.answer.drainNode',
  removeNode: 'core.answer.removeNode',
} as const satisfies Record<UseCase, string>

/** A commit is passed once for each kind of change in it; one without changes only raises the revision. */
export const AGENT_LEDGER = {
  putPod: 'agent.ledger.putPod',
  removePod: 'agent.ledger.removePod',
  putSession: 'agent.ledger.putSession',
  removeSession: 'agent.ledger.removeSession',
  putVersion: 'agent.ledger.putVersion',
  removeVersion: 'agent.ledger.removeVersion',
  putEpochMarks: 'agent.ledger.putEpochMarks',
  putPortRest: 'agent.ledger.putPortRest',
  removePortRest: 'agent.ledger.removePortRest',
  revision: 'agent.ledger.revision',
} as const satisfies Record<LedgerChange['kind'] | 'revision', string>

export const AGENT_RUNTIME: Pick<typeof RUNTIME, RuntimeCall> = RUNTIME

export const AGENT_REPORT = {
  hello: 'agent.report.hello',
  state: 'agent.report.state',
  reports: 'agent.report.reports',
  epochRefused: 'agent.report.epochRefused',
  heartbeat: 'agent.report.heartbeat',
  usage: 'agent.report.usage',
  logChunk: 'agent.report.logChunk',
  image: 'agent.report.image',
} as const satisfies Record<FrameFromAgent['$case'], string>

const TABLES: readonly Readonly<Record<string, CrashPoint | null>>[] = [
  CORE_STORE,
  CORE_SEND,
  CORE_COMMAND,
  CORE_ANSWER,
  AGENT_LEDGER,
  RUNTIME,
  AGENT_REPORT,
]

/** All names, as `core.store.recordSessions`. */
export const CRASH_POINTS: readonly CrashPoint[] = TABLES.flatMap((table) =>
  Object.values(table).filter((point): point is CrashPoint => point !== null),
)

export type CrashPoint =
  | (typeof CORE_STORE)[keyof typeof CORE_STORE]
  | (typeof CORE_SEND)[keyof typeof CORE_SEND]
  | (typeof CORE_COMMAND)[keyof typeof CORE_COMMAND]
  | (typeof CORE_ANSWER)[keyof typeof CORE_ANSWER]
  | (typeof AGENT_LEDGER)[keyof typeof AGENT_LEDGER]
  | (typeof RUNTIME)[RuntimeCall]
  | (typeof AGENT_REPORT)[keyof typeof AGENT_REPORT]

/** A process that passes crash points. */
export type Mortal = { readonly name: string; crash(): void }

type Order = { left: number; readonly whenDead: (who: string) => void }

export class CrashPoints {
  readonly #orders = new Map<string, Order>()
  readonly #visits = new Map<string, number>()

  /** The process that passes the point for the `nth` time from now dies there. `whenDead` is told which it was. */
  crashAt(point: CrashPoint, side: CrashSide, what: { nth: number; whenDead?: (who: string) => void }): void {
    this.#orders.set(`${point} ${side}`, { left: what.nth, whenDead: what.whenDead ?? (() => undefined) })
  }

  /** Nobody dies at a point any more. */
  disarm(): void {
    this.#orders.clear()
  }

  /** How often each point was passed, as `point side`. */
  get visits(): ReadonlyMap<string, number> {
    return this.#visits
  }

  /** A process passes a point; true when it died of it. */
  pass(point: CrashPoint, side: CrashSide, who: Mortal): boolean {
    const key = `${point} ${side}`
    this.#visits.set(key, (this.#visits.get(key) ?? 0) + 1)
    const order = this.#orders.get(key)
    if (order === undefined) return false
    order.left -= 1
    if (order.left > 0) return false
    this.#orders.delete(key)
    who.crash()
    order.whenDead(who.name)
    return true
  }
}
