/** A plan answers as graphql-js does, or leaves the answer to it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Caller } from '@fornax/kernel/caller'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { execute, getNamedType, isObjectType, Kind, parse, type DocumentNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { FakeCorePort } from '../../test/acceptance/fake-core-port.ts'
import { fullWorld } from '../../test/acceptance/full-world.ts'
import type { Role } from '../tenants/tenant.ts'
import { requestContext, type RequestContext } from './context.ts'
import { OperationPlans } from './operation-plans.ts'
import { createSchema } from './schema.ts'
import { createFeeds } from './watch-feeds.ts'

const schema = createSchema()
const OPEN = 'mutation ($input: OpenSessionInput!) { openSession(input: $input)'
const input = { application: 'hello' }

type Asked = {
  readonly document: DocumentNode
  readonly variableValues?: Record<string, unknown>
  readonly operationName?: string
  readonly role?: Role
}

class World implements Disposable {
  readonly full = fullWorld(new FakeCorePort({ clock: new VirtualClock() }))
  readonly plans = new OperationPlans(schema)
  readonly #feeds = createFeeds(this.core.fleet, this.core.clock)

  get core(): FakeCorePort {
    return this.full.core
  }

  context(role: Role = 'operator'): RequestContext {
    const viewer = { tokenId: 'tok', tenantId: this.core.tenants.idOf('acme'), role }
    return requestContext({ core: this.core, feeds: this.#feeds }, viewer, {
      caller: new Caller(),
      origin: { source: null, requestId: 'r' },
    })
  }

  /** As graphql-js alone would answer. */
  async alone({ role, ...args }: Asked): Promise<unknown> {
    return words(await execute({ schema, ...args, contextValue: this.context(role) }))
  }

  async planned({ role, ...args }: Asked): Promise<{ answer: unknown; isPlanned: boolean }> {
    const contextValue = this.context(role)
    const data = await this.plans.data({ ...args, contextValue })
    const answer = data === null ? await execute({ schema, ...args, contextValue }) : { data }
    return { answer: words(answer), isPlanned: data !== null }
  }

  [Symbol.dispose](): void {
    this.#feeds[Symbol.dispose]()
  }
}

describe('an operation with a plan is answered as graphql-js answers it', () => {
  it('whatever is read', async () => {
    using world = new World()
    const { session, pod, application, tenant, token } = world.full.ids
    const roots = [
      'viewer',
      'fleet',
      'latency',
      'apiTokens',
      'tenants',
      'applications',
      'sessions',
      'pods',
      'computeNodes',
      'application(name: "hello")',
      'application(name: "none")',
      'computeNode(name: "one")',
      `session(id: "${session}")`,
      `pod(id: "${pod}")`,
      ...[session, pod, application, tenant, token, 'nod-one', 'x'].map((id) => `node(id: "${id}")`),
    ]
    for (const root of roots) {
      const document = parse(`{ ${root} ${everyFieldOf(root)} }`)
      const { answer } = await world.planned({ document })
      expect({ root, answer }).toEqual({ root, answer: await world.alone({ document }) })
    }
  })

  it.each([
    ['an alias', '{ me: viewer { r: role tenant { name } } }'],
    ['the same field twice', '{ viewer { tenant { id } } viewer { role tenant { name } } }'],
    ['names of types', '{ __typename viewer { __typename } pods { edges { node { __typename } } } }'],
    ['a fragment in a fragment', '{ ...Q } fragment Q on Query { viewer { ...V } } fragment V on Viewer { role }'],
    ['fragments of types', '{ node(id: "nod-one") { id ... on ComputeNode { name } ... on Pod { phase } } }'],
    ['fragments of an interface', '{ viewer { ... { role } } node(id: "nod-one") { ... on Node { id } } }'],
    ['several roots', '{ viewer { role } fleet { pods { total } } }'],
    ['arguments', '{ pods(first: 1, where: { phases: [ACTIVE, STANDBY] }) { edges { node { id } } } }'],
    ['a promise below', '{ applications { edges { node { versions { number } } } } }'],
  ])('with %s', async (_which, source) => {
    using world = new World()
    const document = parse(source)
    const { answer } = await world.planned({ document })
    expect(answer).toEqual(await world.alone({ document }))
    expect(answer).not.toHaveProperty('errors')
  })

  it('with variables, given or not', async () => {
    using world = new World()
    const document = parse(`query ($first: Int = 1, $where: PodFilter, $id: ID!) {
      pods(first: $first, where: $where) { edges { node { id } } } pod(id: $id) { phase } }`)
    const { pod: id } = world.full.ids
    for (const variableValues of [
      { id },
      { id, first: 3 },
      { id, where: null },
      { id, where: { phases: ['FAILED'] } },
    ]) {
      const { answer, isPlanned } = await world.planned({ document, variableValues })
      expect(isPlanned).toBe(true)
      expect(answer).toEqual(await world.alone({ document, variableValues }))
    }
  })

  it.each(['../../../../packages/client/src/documents', '../../../console/src/graphql/documents'])(
    'when our own clients ask, from %s',
    (folder) => {
      const plans = new OperationPlans(schema)
      for (const document of documentsIn(join(import.meta.dirname, folder)))
        for (const definition of document.definitions)
          if (definition.kind === Kind.OPERATION_DEFINITION)
            expect([definition.name?.value, plans.has(document, definition.name?.value ?? null)]).toEqual([
              definition.name?.value,
              true,
            ])
    },
  )
})

describe('graphql-js answers', () => {
  it.each([
    [
      'a directive',
      {
        document: parse('query ($all: Boolean!) { viewer { role @include(if: $all) } }'),
        variableValues: { all: false },
      },
    ],
    ['the schema', { document: parse('{ __schema { queryType { name } } }') }],
    ['an operation that is not there', { document: parse('query A { viewer { role } }'), operationName: 'B' }],
    ['one of several without a name', { document: parse('query A { viewer { role } } query B { viewer { role } }') }],
    [
      'a variable of the wrong type',
      { document: parse(`${OPEN} { problem { message } } }`), variableValues: { input: 1 } },
    ],
    ['who may not ask', { document: parse('{ apiTokens { id } viewer { role } }'), role: 'viewer' }],
    ['a field that throws', { document: parse('{ viewer { role } pods(first: -1) { edges { cursor } } }') }],
  ] as const)('%s', async (_which, asked) => {
    using world = new World()
    const { answer, isPlanned } = await world.planned(asked)
    expect(isPlanned).toBe(false)
    expect(answer).toEqual(await world.alone(asked))
  })

  it('several mutations, one after the other', async () => {
    using world = new World()
    const document = parse(
      'mutation { a: cordonNode(input: { name: "one" }) { problem { message } } b: uncordonNode(input: { name: "one" }) { computeNode { isCordoned } } }',
    )
    expect(await world.planned({ document })).toMatchObject({
      isPlanned: false,
      answer: { data: { b: { computeNode: { isCordoned: false } } } },
    })
  })

  it('one of several operations by its name, by a plan of its own', async () => {
    using world = new World()
    const document = parse('query A { viewer { role } } query B { viewer { tenant { name } } }')
    for (const operationName of ['A', 'B', 'A']) {
      const { answer, isPlanned } = await world.planned({ document, operationName })
      expect(isPlanned).toBe(true)
      expect(answer).toEqual(await world.alone({ document, operationName }))
    }
  })
})

describe('a mutation is done once', () => {
  it('also when its answer holds what graphql-js must report', async () => {
    using world = new World()
    const { core } = world
    let asked = 0
    const { openSession } = core.useCases
    Object.assign(core.useCases, {
      openSession: async (...args: Parameters<typeof openSession>) => {
        asked += 1
        const result = await openSession(...args)
        return 'session' in result ? { ...result, session: { ...result.session, phase: 'nowhere' } } : result
      },
    })
    const document = parse(`${OPEN} { session { id phase } problem { message } } }`)
    const { answer } = await world.planned({ document, variableValues: { input } })
    expect(asked).toBe(1)
    expect(answer).toMatchObject({
      data: { openSession: { session: null } },
      errors: [{ path: ['openSession', 'session', 'phase'] }],
    })
  })

  it('also when it fails', async () => {
    using world = new World()
    let asked = 0
    Object.assign(world.core.useCases, {
      openSession: () => {
        asked += 1
        return Promise.reject(new Error('the disk is full'))
      },
    })
    const document = parse(`${OPEN} { session { id } } }`)
    const { answer } = await world.planned({ document, variableValues: { input } })
    expect(asked).toBe(1)
    expect(answer).toMatchObject({ data: null, errors: [{ message: 'the disk is full', path: ['openSession'] }] })
  })
})

/** What a client would get. */
function words(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer))
}

function everyFieldOf(root: string): string {
  const name = root.split('(')[0] ?? ''
  return everyField(name === 'node' ? 'Node' : getNamedType(schema.getQueryType()?.getFields()[name]?.type)?.name, 4)
}

function everyField(typeName: string | undefined, depth: number): string {
  const type = typeName === undefined ? undefined : schema.getType(typeName)
  if (typeName === 'Node') return '{ __typename id }'
  if (!isObjectType(type)) return ''
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type)
    if (!('getFields' in inner) && !('getTypes' in inner)) return [field.name]
    return isObjectType(inner) && depth > 0 ? [`${field.name} ${everyField(inner.name, depth - 1)}`] : []
  })
  return `{ ${['__typename', ...fields].join(' ')} }`
}

function documentsIn(folder: string): DocumentNode[] {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return [parse(sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n'))]
}
