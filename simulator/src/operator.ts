/** Who defines applications and steers nodes. What fails or is cut off is asked again, as a person would. */
import { SPEC_DEFAULTS, type ScalingPolicy, type VersionSpec } from '@fornax/core/applications/application'
import type { UseCases } from '@fornax/core/graphql/core-port'
import type { Viewer } from '@fornax/core/tenants/tenant'
import { sleep } from '@fornax/kernel/clock'
import type { Fate } from './actions.ts'
import type { Place } from './clients.ts'
import type { CoreHost, Outcome } from './core-host.ts'
import type { UseCase } from './crash-points.ts'
import type { Ground } from './ground.ts'

const MIB = 1024 * 1024
const TRIES_MAX = 10
const AGAIN_MS = 500

/** Images say what becomes of their pods. */
export const IMAGES: Readonly<Record<Fate, string>> = {
  works: 'works',
  cannotStart: 'cannot-start',
  failsOnce: 'fails-once',
  neverReady: 'never-ready',
  exitsEarly: 'exits-early',
}

export const ORDINARY_POLICY: ScalingPolicy = {
  minPods: 0,
  maxPods: 12,
  burst: 4,
  scaleDownDelayMs: 1_000,
  target: { kind: 'idleCount', low: 2, high: 4 },
  keepHot: 0,
  hibernateAfterMs: null,
  wakeOnTraffic: false,
}

export class Operator {
  /** The applications there should be, by their places. */
  readonly places: Place[] = []
  readonly #ground: Ground
  readonly #host: CoreHost
  #busy = 0

  constructor(ground: Ground, host: CoreHost) {
    this.#ground = ground
    this.#host = host
  }

  /** How many calls are not answered. */
  get busy(): number {
    return this.#busy
  }

  create(place: Place, policy: ScalingPolicy, sessionsPerPod = 1): void {
    const command = { name: place.name, spec: specOf('works', sessionsPerPod), policy }
    this.#ask('createApplication', `creates ${place.name}`, (cases) => cases.createApplication(ownerOf(place), command))
  }

  publish(place: Place, fate: Fate, sessionsPerPod: number): void {
    const command = {
      application: place.name,
      revision: null,
      change: { kind: 'spec' as const, spec: specOf(fate, sessionsPerPod) },
    }
    const what = `publishes a version of ${place.name} that ${fate}`
    this.#ask('publishVersion', what, (cases) => cases.publishVersion(ownerOf(place), command))
  }

  rollBack(place: Place, by: number): void {
    const now = this.#host.serving?.rooms.reader.applicationNamed(place.tenantId, place.name)
    const toNumber = (now?.definition.version.number ?? 1) - by
    const command = { application: place.name, revision: null, change: { kind: 'rollBack' as const, toNumber } }
    const what = `rolls ${place.name} back to ${toNumber}`
    this.#ask('publishVersion', what, (cases) => cases.publishVersion(ownerOf(place), command))
  }

  setPolicy(place: Place, policy: ScalingPolicy): void {
    const command = { application: place.name, revision: null, policy }
    const what = `changes the policy of ${place.name}`
    this.#ask('updateScalingPolicy', what, (cases) => cases.updateScalingPolicy(ownerOf(place), command))
  }

  /** Deletes an application, and makes another one of that name. */
  replace(place: Place): void {
    const command = { application: place.name, revision: null }
    this.#ask(
      'deleteApplication',
      `deletes ${place.name}`,
      (cases) => cases.deleteApplication(ownerOf(place), command),
      () => this.create(place, ORDINARY_POLICY),
    )
  }

  /** Makes an application one that can be as it should: whatever was wrong with its last version. */
  repair(place: Place): void {
    const now = this.#host.serving?.rooms.reader.applicationNamed(place.tenantId, place.name) ?? null
    if (now === null) this.create(place, ORDINARY_POLICY)
    else if (now.definition.version.spec.image !== IMAGES.works) this.publish(place, 'works', 1)
  }

  cordon(nodeName: string, isCordoned: boolean): void {
    const useCase = isCordoned ? 'cordonNode' : 'uncordonNode'
    this.#ask(useCase, `${useCase} ${nodeName}`, (cases) => cases[useCase](OPERATOR, nodeName))
  }

  drain(nodeName: string, sessionsMayLastMs: number): void {
    this.#ask('drainNode', `drains ${nodeName}`, (cases) => cases.drainNode(OPERATOR, { nodeName, sessionsMayLastMs }))
  }

  /** A node that is connected is not removed: then that is the answer. */
  remove(nodeName: string): void {
    this.#ask('removeNode', `removes ${nodeName}`, (cases) => cases.removeNode(OPERATOR, nodeName))
  }

  #ask(
    useCase: UseCase,
    what: string,
    act: (cases: UseCases) => Promise<{ readonly kind: string }>,
    afterwards: () => void = () => undefined,
  ): void {
    this.#busy += 1
    void this.#until(useCase, what, act).finally(() => {
      this.#busy -= 1
      afterwards()
    })
  }

  async #until(useCase: UseCase, what: string, act: (cases: UseCases) => Promise<{ readonly kind: string }>) {
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const outcome: Outcome<{ readonly kind: string }> = await this.#host.call(useCase, act)
      this.#ground.note(`operator: ${what}: ${outcome.kind === 'answered' ? outcome.value.kind : outcome.kind}`)
      if (outcome.kind === 'answered') return
      await sleep(this.#ground.clock, AGAIN_MS)
    }
  }
}

const OPERATOR: Viewer = { tokenId: 'tok-operator', tenantId: 'ten-operator', role: 'operator' }

function ownerOf({ tenantId }: Place): Viewer {
  return { tokenId: `tok-${tenantId}`, tenantId, role: 'admin' }
}

function specOf(fate: Fate, sessionsPerPod: number): VersionSpec {
  return {
    image: IMAGES[fate],
    command: ['serve'],
    args: [],
    env: {},
    workingDirectory: null,
    ports: [{ name: 'web', protocol: 'http', containerPort: 8_080 }],
    cpuMillis: 100,
    memoryBytes: 64 * MIB,
    readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 10_000 },
    sessionsPerPod,
    usesSessionService: true,
    runtimeClass: null,
    minIsolation: 'none',
    ...SPEC_DEFAULTS,
    toleratesSimulated: true,
  }
}
