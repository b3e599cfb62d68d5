/**
 * A real core with a real database and a simulated node, and in it a tenant that has one of everything, under names
 * that nothing else has: whoever reads one of them reads what is not theirs.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { SimulatedNodes } from '../../../agent/src/simulate/simulated-nodes.ts'
import { NO_DELAYS } from '../../../agent/src/runtime/simulated/simulated-runtime.ts'
import { createCore, type Core } from '../../src/core.ts'
import { ROLES, type Role } from '../../src/tenants/tenant.ts'
import { ask as askServer, type Answer } from '../acceptance/test-server.ts'
import { testCoreConfig } from '../support/core-config.ts'

const ADMIN = 'the-admin-token-of-this-test'
const JOIN_TOKEN = 'the-join-token-of-this-test'
const log = createLog('core', 'silent')

export type AccessWorld = AsyncDisposable & {
  readonly core: Core
  readonly url: string
  readonly dataDir: string
  /** What the tenant has, by what it is: ids and names. */
  readonly secrets: Readonly<Record<string, string>>
  /** The header of a role in the tenant that has everything. */
  inside(role: Role): string
  /** The header of a role in a tenant of its own, which has nothing; each call is of another tenant. */
  outside(role: Role): Promise<string>
  /** Asks as the operator of the platform, or as somebody. */
  ask(query: string, authorization?: string, variables?: object): Promise<Answer>
  /** The same, where nothing may go wrong. */
  data(query: string, authorization?: string): Promise<Record<string, never>>
}

/** What some tests say besides. */
export type AccessOptions = Partial<
  Pick<Parameters<typeof createCore>[0]['config'], 'issuers' | 'issuerKeyCooldownMs' | 'requestsPerSecond'>
>

export async function openAccessWorld(options: AccessOptions = {}): Promise<AccessWorld> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'fornax-access-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const core = stack.use(
    await createCore({
      clock: systemClock,
      log,
      config: testCoreConfig({ dataDir, adminToken: ADMIN, joinToken: JOIN_TOKEN, ...options }),
    }),
  )
  const nodes = stack.use(
    new SimulatedNodes({
      count: 1,
      prefix: 'hidden-node',
      coreAddress: core.nodeLink,
      joinToken: () => JOIN_TOKEN,
      authority: () => readFileSync(join(dataDir, 'node-ca.pem'), 'utf8'),
      resources: { cpuMillis: 64_000, memoryBytes: 2 ** 36, pods: 500 },
      delays: { ...NO_DELAYS, atOnceMax: 100 },
      clock: systemClock,
      log,
      onAccepted: () => undefined,
    }),
  )
  await nodes.join()
  const world = new World(core)
  await world.fill()
  const owned = stack.move()
  return Object.assign(world, { dataDir, [Symbol.asyncDispose]: () => owned.disposeAsync() })
}

class World {
  readonly core: Core
  readonly url: string
  readonly secrets: Record<string, string> = {}
  readonly #inside = new Map<Role, string>()
  #tenants = 0

  constructor(core: Core) {
    this.core = core
    this.url = core.apiUrl
  }

  inside(role: Role): string {
    return this.#inside.get(role) ?? ''
  }

  async outside(role: Role): Promise<string> {
    this.#tenants += 1
    const tenant = `outsider-${this.#tenants}`
    await this.data(`mutation { createTenant(input: { name: "${tenant}" }) { tenant { id } } }`)
    return this.#token(tenant, role)
  }

  ask(query: string, authorization = `Bearer ${ADMIN}`, variables: object = {}): Promise<Answer> {
    return askServer({ url: this.url }, query, { authorization, variables })
  }

  async data(query: string, authorization?: string): Promise<Record<string, never>> {
    const { data, errors } = await this.ask(query, authorization)
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    const problem = Object.values(data ?? {}).find((one) => Object(one).problem)
    if (problem !== undefined) throw new Error(JSON.stringify(problem))
    return Object(data)
  }

  /** One of everything, all of it the tenant's. */
  async fill(): Promise<void> {
    const { createTenant } = await this.data(
      'mutation { createTenant(input: { name: "hidden-tenant" }) { tenant { id } } }',
    )
    this.#hide('tenant', 'hidden-tenant', Object(createTenant).tenant.id)
    for (const role of ROLES) this.#inside.set(role, await this.#token('hidden-tenant', role, `hidden-token-${role}`))
    const admin = this.inside('admin')
    const made = Object(await this.data(CREATE_APPLICATION, admin))
    this.#hide('application', 'hidden-application', made.createApplication.application.id)
    const opened = Object(await this.data(OPEN_SESSION, admin)).openSession.session
    this.#hide('session', 'hidden-label', opened.id)
    this.#hide('pod', 'hidden-endpoint', opened.pod.id)
    const secret =
      'createSecret(input: { name: "hidden-secret", value: "aGVsbG8=" }) { secret { id } problem { message } }'
    this.#hide(
      'secret',
      'hidden-secret',
      Object(await this.data(`mutation { ${secret} }`, admin)).createSecret.secret.id,
    )
    for (const role of ['OPERATOR', 'ADMIN', 'DEVELOPER', 'VIEWER']) await this.#invite(role)
    const { apiTokens } = Object(await this.data('{ apiTokens { id name } }', this.inside('operator')))
    for (const { id, name } of apiTokens)
      if (String(name).startsWith('hidden')) this.#hide(`token of ${name}`, name, id)
    this.#hide('node', 'hidden-node-0001', 'nod-hidden-node-0001')
  }

  async #invite(role: string): Promise<void> {
    const name = `hidden-user-${role.toLowerCase()}`
    const input = `{ name: "${name}", role: ${role}, tenant: "hidden-tenant" }`
    const { inviteUser } = Object(
      await this.data(`mutation { inviteUser(input: ${input}) { user { id } problem { message } } }`),
    )
    this.#hide(`user of ${role}`, name, inviteUser.user.id)
  }

  async #token(tenant: string, role: Role, name: string = role): Promise<string> {
    const input = `{ name: "${name}", role: ${role.toUpperCase()}, tenant: "${tenant}" }`
    const { createApiToken } = Object(
      await this.data(`mutation { createApiToken(input: ${input}) { secret problem { message } } }`),
    )
    return `Bearer ${createApiToken.secret}`
  }

  #hide(what: string, name: string, id: string): void {
    this.secrets[`id of ${what}`] = id
    this.secrets[`name of ${what}`] = name
  }
}

const VERSION = `{ image: "host", command: ["serve"], toleratesSimulated: true }`
const CREATE_APPLICATION = `mutation { createApplication(input: { name: "hidden-application", version: ${VERSION},
  scalingPolicy: { minPods: 1, maxPods: 16 } }) { application { id } problem { message } } }`
const OPEN_SESSION = `mutation { openSession(input: { application: "hidden-application",
  labels: [{ name: "hidden-label", value: "hidden-value" }] }) { session { id pod { id } } problem { message } } }`
