/**
 * Every field of the roots, as the schema has them, for every role and for strangers: only what the table says. A new
 * field is covered from its first day, because nothing here names one.
 */
import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSchema } from '../../src/graphql/schema.ts'
import { FIELD_RULES, isOperation, mayDo, mayGrant, type Operation } from '../../src/tenants/access-rules.ts'
import { ROLES, type Role } from '../../src/tenants/tenant.ts'
import { connect } from '../acceptance/test-socket.ts'
import { openAccessWorld, type AccessWorld } from './access-world.ts'
import { operationFor, rootFields, textPaths, type Asked, type RootField } from './schema-walk.ts'

const schema = createSchema()
const fields = rootFields(schema)
const STRANGERS: readonly Role[] = ['admin', 'developer', 'viewer', 'ci']

let world: AccessWorld

beforeAll(async () => {
  world = await openAccessWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

it.each(Object.entries(FIELD_RULES))(
  'every field of %s has a rule, and no rule is of a field that is not',
  (name, rules) => {
    const type = schema.getType(name)
    expect(Object.keys(rules).toSorted()).toEqual(isObjectType(type) ? Object.keys(type.getFields()).toSorted() : [])
  },
)

describe.each(ROLES)('a %s', (role) => {
  it.each(fields.map((root) => [root.kind, root.name, root] as const))(
    'may %s %s as the table says',
    async (...[, name, root]) => {
      // What it would do is done to nothing that there is, and made under names of its own.
      const textOf = (): string => `nothing-${role}`
      const document = operationFor(schema, root, { textOf, withOptional: false })
      const answer = await answerTo(root, document, world.inside(role))
      expect(isRefused(answer, name)).toBe(!mayDo(role, operationOf(root)))
    },
  )
})

describe.each(STRANGERS)('a %s of another tenant', (role) => {
  // What the role may not do at all is refused before anything is looked at, as is shown above.
  const allowed = fields.filter((root) => mayDo(role, operationOf(root)))
  const cases = allowed.flatMap((root) => textPaths(root).map((path) => [root.kind, root.name, path, root] as const))

  it.each(cases)('learns nothing by %s %s with the ids and names of others as %s', async (...[, , path, root]) => {
    const authorization = await world.outside(role)
    const before = root.kind === 'mutation' ? await everythingOf(world) : null
    for (const [what, value] of Object.entries(world.secrets)) {
      if (!(role === 'admin' ? ONE_OF_EACH : A_FEW).test(what)) continue
      const unknown = unlike(value)
      const [theirs, nobodys] = [
        await ask(root, { path, value, authorization }),
        await ask(root, { path, value: unknown, authorization }),
      ]
      expect(shapeOf(theirs, value), what).toEqual(shapeOf(nobodys, unknown))
      for (const hidden of Object.values(world.secrets))
        expect(theirs.replaceAll(value, ''), `${what} tells ${hidden}`).not.toContain(hidden)
    }
    if (before !== null) expect(await everythingOf(world)).toEqual(before)
  })

  it('reads nothing of others in any list, watch or count', async () => {
    const authorization = await world.outside(role)
    for (const root of fields.filter(({ kind, field }) => kind !== 'mutation' && textPaths({ field }).length === 0)) {
      const document = operationFor(schema, root, { textOf: () => '', withOptional: false })
      const answer = await answerTo(root, document, authorization)
      for (const hidden of Object.values(world.secrets)) expect(answer, root.name).not.toContain(hidden)
    }
  })

  it('hears of nothing that happens elsewhere', async () => {
    const authorization = await world.outside(role)
    const watches = fields.filter(
      (root) =>
        root.kind === 'subscription' &&
        root.field.args.every(({ type }) => !String(type).endsWith('!')) &&
        mayDo(role, operationOf(root)),
    )
    expect(watches.length).toBeGreaterThan(0)
    await using socket = await connect({ url: world.url }, authorization)
    for (const root of watches) {
      const { query, variables } = operationFor(schema, root, { textOf: () => '', withOptional: false })
      socket.subscribe(root.name, query, variables)
      expect(await socket.next()).toMatchObject({ type: 'next', id: root.name })
    }
    const open = 'openSession(input: { application: "hidden-application" }) { session { id } problem { message } }'
    const { openSession } = Object(await world.data(`mutation { ${open} }`, world.inside('admin')))
    await world.data(`mutation { closeSession(input: { id: "${openSession.session.id}" }) { problem { message } } }`)
    await world.data(POLICY, world.inside('admin'))
    await socket.settle()
    const heard = JSON.stringify(socket.waiting)
    for (const hidden of [...Object.values(world.secrets), openSession.session.id]) expect(heard).not.toContain(hidden)
  })
})

/** Who may less learns no more: a few are enough to see that. */
const A_FEW = /^(id of (session|pod|application)|name of (application|secret))$/
/** Of tokens and users one is enough here: who sees which is shown below. */
const ONE_OF_EACH = /of ((tenant|application|session|pod|secret|node)$|token of hidden-token-viewer|user of VIEWER)/

const POLICY = `mutation { updateScalingPolicy(input: { application: "hidden-application",
  scalingPolicy: { minPods: 2, maxPods: 16 } }) { problem { message } } }`

describe('tokens and users of each role', () => {
  it.each(ROLES.flatMap((asker) => ROLES.map((owner) => [asker, owner] as const)))(
    'a %s sees those of a %s as the table of grants says, and elsewhere not at all',
    async (asker, owner) => {
      const id = world.secrets[`id of token of hidden-token-${owner}`] ?? ''
      const found = async (authorization: string): Promise<boolean> => {
        const { data } = await world.ask(`{ node(id: "${id}") { id } }`, authorization)
        return Object(data).node?.id === id
      }
      expect(id).not.toBe('')
      const isSeen = mayDo(asker, 'apiTokens') && mayGrant({ role: asker, tenantId: 'a' }, owner, 'a')
      expect(await found(world.inside(asker))).toBe(isSeen)
      const isSeenFromOutside = mayDo(asker, 'apiTokens') && mayGrant({ role: asker, tenantId: 'b' }, owner, 'a')
      expect(await found(await world.outside(asker))).toBe(isSeenFromOutside)
    },
  )
})

it('what is somebody else’s takes as long to be refused as what nobody has', async () => {
  const authorization = await world.outside('developer')
  const theirs = world.secrets['id of session'] ?? ''
  const medianMs = async (id: string): Promise<number> => {
    const begin = performance.now()
    await world.ask(`{ session(id: "${id}") { id } }`, authorization)
    return performance.now() - begin
  }
  const times: [number, number][] = []
  for (let round = 0; round < 150; round += 1) times.push([await medianMs(theirs), await medianMs(unlike(theirs))])
  const middle = (numbers: readonly number[]): number =>
    numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
  const [forTheirs, forNobodys] = [middle(times.map(([ms]) => ms)), middle(times.map(([, ms]) => ms))]
  expect(Math.abs(forTheirs - forNobodys)).toBeLessThan(Math.max(1, 0.5 * forNobodys))
})

function operationOf({ name }: RootField): Operation {
  if (!isOperation(name)) throw new Error(`the field ${name} has no rule in access-rules.ts`)
  return name
}

/** The whole answer as text. */
async function answerTo(root: RootField, { query, variables }: Asked, authorization: string): Promise<string> {
  if (root.kind !== 'subscription') {
    const { data, errors } = await world.ask(query, authorization, variables)
    return JSON.stringify({ data, errors })
  }
  await using socket = await connect({ url: world.url }, authorization)
  socket.subscribe('w', query, variables)
  return JSON.stringify(await socket.next())
}

function ask(
  root: RootField,
  { path, value, authorization }: { readonly path: string; readonly value: string; readonly authorization: string },
): Promise<string> {
  const textOf = (at: string): string => (at === path ? value : otherText(at))
  return answerTo(root, operationFor(schema, root, { textOf, withOptional: isOptional(root, path) }), authorization)
}

/** Texts beside the one that is tried: good ones, so that it is that one which is looked at. */
function otherText(path: string): string {
  return path.endsWith('tenant') || path.endsWith('name') ? `other-${Math.trunc(performance.now() * 1000)}` : 'x'
}

function isOptional(root: RootField, path: string): boolean {
  const required: string[] = []
  const textOf = (at: string): string => {
    required.push(at)
    return ''
  }
  operationFor(schema, root, { textOf, withOptional: false })
  return !required.includes(path)
}

function isRefused(answer: string, name: string): boolean {
  const { data, errors, payload } = Object(JSON.parse(answer))
  const problems = [...(errors ?? []), ...(Array.isArray(payload) ? payload : (payload?.errors ?? []))]
  if (problems.some((error) => Object(error).extensions?.code === 'FORBIDDEN')) return true
  const result = Object(Object(data)[name])
  const problem = result.problem ?? result.results?.[0]?.problem
  return JSON.stringify(problem ?? null).includes('"NotAllowed"')
}

/** As like as can be, and nobody's. */
function unlike(value: string): string {
  return /^[a-z]{3}-[0-9a-z]{16}$/.test(value)
    ? `${value.slice(0, 4)}${value.slice(12)}${value.slice(4, 12)}`
    : `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}`
}

/** An answer without what differs from one asking to the next: ids, instants, counters, and the value itself. */
function shapeOf(answer: string, value: string): unknown {
  return JSON.parse(
    answer
      .replaceAll(value, 'VALUE')
      .replaceAll(/other-\d+/g, 'OTHER')
      .replaceAll(/"(app|ver|ses|pod|ten|tok|usr|sec)-[0-9a-z]{16}"/g, '"$1-ID"')
      .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"INSTANT"')
      .replaceAll(/"(resourceVersion|secret|invitation|requestId)":"[^"]*"/g, '"$1":"TEXT"')
      .replaceAll(/"(count|maxMs|p\d+Ms)":[\d.]+/g, '"$1":0'),
  )
}

/** What the tenant has, for its own administrator: nobody else may change it. */
async function everythingOf({ ask: asked, inside }: AccessWorld): Promise<unknown> {
  const { data } = await asked.call(world, EVERYTHING, inside.call(world, 'admin'))
  return data
}

const EVERYTHING = `{
  tenant(name: "hidden-tenant") { phase suspendedAt quotas { sessions pods } }
  apiTokens { id name role }
  users { id name role hasRegistered invitationExpiresAt }
  application(name: "hidden-application") { revision }
  sessions { edges { node { id phase } } }
}`
