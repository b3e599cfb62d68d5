/**
 * Everything of a core between its edges: the fleet, its deadlines, its journal, its nodes and its use-cases.
 * Time, chance, names, the database and whoever carries frames and calls come from outside, so the same rooms
 * run behind gRPC and GraphQL, and in a simulation.
 */
import type { Clock } from '@fornax/kernel/clock'
import type { IdKind } from '@fornax/kernel/ids'
import type { Log } from '@fornax/kernel/log'
import type { Random } from '@fornax/kernel/random'
import { TimerWheel } from '@fornax/kernel/timer-wheel'
import type { ApplicationVersion } from './applications/application.ts'
import { openJournals } from './core-journals.ts'
import { FleetReader } from './fleet/fleet-reader.ts'
import type { FleetLimits, FleetObserver } from './fleet/fleet-state.ts'
import { Fleet } from './fleet/fleet.ts'
import type { NodeCommand } from './fleet/node-command.ts'
import { EpochSeal } from './nodelink/epoch-seal.ts'
import type { Refusal } from './nodelink/node-connection.ts'
import { NodeConnections } from './nodelink/node-connections.ts'
import { ImagePreloader } from './images/image-preloader.ts'
import { podSecretsOf, pullCredentials, type PodSecrets } from './secrets/pod-secrets.ts'
import type { SecretDirectory } from './secrets/secret-directory.ts'
import type { Intent, Store } from './store/store.ts'
import type { TenantDirectory } from './tenants/tenant-directory.ts'
import { termsOf } from './tenants/tenant-rules.ts'
import type { UserDirectory } from './tenants/user-directory.ts'
import type { UseCaseParts } from './use-case-parts.ts'

/** Times that tests shorten; the defaults are the design's. */
export type CoreTimes = {
  readonly leaseMs: number
  readonly heartbeatMs: number
  readonly usageMs: number
  readonly retentionMs: number
}

export const DEFAULT_TIMES: CoreTimes = { leaseMs: 10_000, heartbeatMs: 2_000, usageMs: 2_000, retentionMs: 300_000 }

export const DEFAULT_LIMITS: Pick<FleetLimits, 'changeLogCapacity' | 'closedSessionsMax'> = {
  changeLogCapacity: 65_536,
  closedSessionsMax: 20_000,
}

/** What the rooms need from outside. */
export type CoreWorld = {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly newId: (kind: IdKind) => string
  readonly store: Store
  readonly intent: Intent
  readonly tenants: TenantDirectory
  readonly secrets: SecretDirectory
  /** What the cores of the cluster share and nodes do not know: by it they believe what nodes say of epochs. */
  readonly clusterKey: Uint8Array
  readonly users: UserDirectory
  readonly observe: FleetObserver
  /** Told of each node whose stream is ended with a reason. */
  readonly nodeCutOff?: (nodeName: string, refusal: Refusal) => void
  /** Told of each command to a node, before it is put on its stream: for simulations. */
  readonly commandSent?: (nodeName: string, command: NodeCommand) => void
  readonly times: CoreTimes
  readonly limits: Pick<FleetLimits, 'changeLogCapacity' | 'closedSessionsMax'>
}

export type CoreRooms = UseCaseParts &
  Disposable & {
    readonly connections: NodeConnections
    /** The instants that the fleet waits for. */
    readonly deadlines: Pick<TimerWheel, 'dueAtMs'>
    /** Settles when the core must begin anew: a node has seen a higher epoch than the database has. */
    readonly mustRestart: Promise<void>
  }

/** Builds the rooms; nobody is heard before `recover`. */
export function openCoreRooms(world: CoreWorld): CoreRooms {
  const { clock, store, tenants, users, newId } = world
  const nowMs = (): number => clock.nowMs()
  const deadlines = new TimerWheel({ clock, fire: (key) => fleet.deadlinePassed(key) })
  const journals = openJournals(world, () => fleet)
  const fleet: Fleet = new Fleet(
    {
      nowMs,
      deadlines,
      newPodId: () => newId('pod'),
      random: world.random,
      tell: (nodeName, command) => {
        world.commandSent?.(nodeName, command)
        connections.tell(nodeName, command)
      },
      record: {
        session: (session) => journals.sessions.recordSoon(session),
        rollOut: ({ id, isProven, fallback }) =>
          journals.rollOuts.record({ id, isProven, fallbackVersionId: fallback?.id ?? null }),
        node: (node) => journals.nodes.record({ kind: 'node', node }),
        nodeRemoved: (name) => journals.nodes.record({ kind: 'removed', name }),
      },
      observe: world.observe,
    },
    { epoch: world.intent.epoch, leaseMs: world.times.leaseMs, retentionMs: world.times.retentionMs, ...world.limits },
  )
  const mustRestart = Promise.withResolvers<void>()
  const images = imagePreloader(world, fleet, () => connections)
  const connections: NodeConnections = nodeConnections(world, {
    fleet,
    images,
    mustRestart: () => mustRestart.resolve(),
  })
  return {
    clock,
    newId,
    fleet,
    journals,
    store,
    tenants,
    secrets: world.secrets,
    images,
    users,
    connections,
    deadlines,
    reader: new FleetReader(fleet.state),
    mustRestart: mustRestart.promise,
    [Symbol.dispose]: () => {
      connections[Symbol.dispose]()
      deadlines[Symbol.dispose]()
      journals[Symbol.dispose]()
    },
  }
}

/** Gives the fleet what was asked for, before anybody may speak. */
export async function recover(fleet: Fleet, store: Store, intent: Intent): Promise<void> {
  const versions: ApplicationVersion[] = []
  for (const { id, version } of intent.applications)
    if (version.number > 1) versions.push(...(await store.versions(id)))
  for (const tenant of intent.tenants) fleet.setTerms(tenant.id, termsOf(tenant))
  fleet.recover({ ...intent, versions })
}

/** Brings images to the nodes that are connected. */
function imagePreloader(world: CoreWorld, { state }: Fleet, connections: () => NodeConnections): ImagePreloader {
  return new ImagePreloader({
    nowMs: () => world.clock.nowMs(),
    applications: () =>
      state.applications
        .values()
        .filter(({ isDeleted }) => !isDeleted)
        .map(({ definition }) => definition),
    nodes: () =>
      state.nodes
        .values()
        .filter(({ registered }) => connections().connection(registered.name) !== null)
        .map(({ registered, introduction }) => ({ name: registered.name, runtimes: introduction?.runtimes ?? [] })),
    ask: (nodeName, order) => connections().connection(nodeName)?.preload(order),
    credentialsFor: ({ tenantId, version }) =>
      pullCredentials({ imagePullSecrets: version.spec.provision?.imagePullSecrets ?? [] }, (name) =>
        world.secrets.open(tenantId, name),
      ),
  })
}

/** The values for a pod of a version, opened when its node is told to make it. */
function podSecrets(world: CoreWorld, { state }: Fleet, versionId: string): PodSecrets | null {
  const version = state.versions.get(versionId)
  const entry = version && state.applications.get(version.applicationId)
  if (!entry) return null
  return podSecretsOf(version.spec.provision, (name) => world.secrets.open(entry.definition.tenantId, name))
}

type NodeRooms = { readonly fleet: Fleet; readonly images: ImagePreloader; readonly mustRestart: () => void }

function nodeConnections(world: CoreWorld, { fleet, images, mustRestart }: NodeRooms): NodeConnections {
  const { clock, log, store, intent, times } = world
  return new NodeConnections({
    clock,
    log,
    coreId: intent.coreId,
    epoch: intent.epoch,
    epochSeal: new EpochSeal(world.clusterKey, intent.coreId),
    ...times,
    fleet,
    ...(world.nodeCutOff && { cutOff: world.nodeCutOff }),
    podSecrets: (versionId) => podSecrets(world, fleet, versionId),
    imageReported: (nodeName, report) => images.heard(nodeName, report),
    nodeReady: (nodeName) => images.joined(nodeName, fleet.state.nodes.get(nodeName)?.introduction?.runtimes ?? []),
    nodeConnected: (introduction) => {
      log.info({ node: introduction.name, ledger: introduction.ledgerId }, 'a node connects')
      return fleet.nodeConnected(introduction).kind
    },
    nodeDisconnected: (nodeName) => {
      log.warn({ node: nodeName, leaseMs: times.leaseMs }, 'a node is disconnected')
      images.left(nodeName)
      fleet.nodeDisconnected(nodeName)
    },
    epochRefused: (highestEpoch) => {
      const what = { highestEpoch, epoch: intent.epoch }
      log.error(what, 'a node has seen a higher epoch of this cluster: was an old database restored? Going above it')
      store
        .raiseEpochAbove(highestEpoch)
        .then(mustRestart, (cause: unknown) => log.error({ err: cause }, 'the epoch could not be raised'))
    },
  })
}
