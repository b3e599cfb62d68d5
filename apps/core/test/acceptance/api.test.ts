/** What the fields of the API say, and how mutations answer what cannot be done. */
import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLObjectType,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { createSchema } from '../../src/graphql/schema.ts'
import { FakeCorePort } from './fake-core-port.ts'
import { aSession } from './fake-objects.ts'
import { fullWorld } from './full-world.ts'
import { ask, startTestServer } from './test-server.ts'
import { connect } from './test-socket.ts'

describe('reading', () => {
  it('a pod says how it slept, and what it kept', async () => {
    const { core, ids } = fullWorld()
    await using server = await startTestServer({ core })
    const fields = 'depth residentBytesBefore residentBytesAfter swappedBytes problem wakeMs'
    const { data } = await ask(server, `{ pod(id: "${ids.pod}") { hibernation { ${fields} } } }`)
    expect(data).toMatchObject({
      pod: {
        hibernation: {
          depth: 'DEEP',
          residentBytesBefore: 2 ** 33,
          residentBytesAfter: 2 ** 20,
          swappedBytes: 2 ** 32,
          problem: 'it could be deeper',
          wakeMs: 1.5,
        },
      },
    })
  })

  it('every field of every object can be read', async () => {
    const { core, ids } = fullWorld()
    await using server = await startTestServer({ core })
    const { session: sessionId, pod, application, tenant, token } = ids
    const roots = {
      viewer: '',
      fleet: '',
      latency: '',
      apiTokens: '',
      tenants: '',
      applications: '',
      sessions: '',
      pods: '',
      computeNodes: '',
      application: '(name: "hello")',
      computeNode: '(name: "one")',
      session: `(id: "${sessionId}")`,
      pod: `(id: "${pod}")`,
    }
    const query = createSchema().getQueryType()
    for (const [name, args] of Object.entries(roots)) {
      const type = getNamedType(query?.getFields()[name]?.type)
      const { errors, data } = await ask(server, `{ ${name}${args} ${isObjectType(type) ? everyField(type, 4) : ''} }`)
      expect({ name, errors }).toEqual({ name, errors: undefined })
      expect(data).not.toMatchObject({ [name]: null })
    }
    for (const id of [sessionId, pod, application, tenant, token, 'nod-one']) {
      const { data } = await ask(server, 'query ($id: ID!) { node(id: $id) { __typename id } }', { variables: { id } })
      expect(data).toMatchObject({ node: { id } })
    }
  })

  it('says of a session what a client needs', async () => {
    const { core, ids } = fullWorld()
    await using server = await startTestServer({ core })
    const document = `query ($id: ID!) { session(id: $id) { applicationName phase start availableAt nodeName podId
      labels { name value } endpoints { name protocol host port url } timeline { at sinceAskedMs step } phaseDeadline } }`
    const { data } = await ask(server, document, { variables: { id: ids.session } })
    expect(data?.['session']).toEqual({
      applicationName: 'hello',
      phase: 'IN_USE',
      start: 'COLD',
      availableAt: '1970-01-01T00:00:01.005Z',
      nodeName: 'one',
      podId: ids.pod,
      phaseDeadline: '1970-01-01T00:01:01.000Z',
      labels: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
      endpoints: [
        { name: 'web', protocol: 'HTTP', host: '127.0.0.1', port: 20_001, url: 'http://127.0.0.1:20001' },
        { name: 'raw', protocol: 'TCP', host: '::1', port: 20_002, url: 'tcp://[::1]:20002' },
      ],
      timeline: [
        { at: '1970-01-01T00:00:01.000Z', sinceAskedMs: 0, step: 'ASKED' },
        { at: '1970-01-01T00:00:01.002Z', sinceAskedMs: 2, step: 'POD_TAKEN' },
      ],
    })
  })

  it('finds sessions of history by their id, and no id of nothing', async () => {
    const core = new FakeCorePort()
    const old = aSession({ tenantId: core.tenants.idOf('acme'), phase: 'closed', closeReason: 'nodeLost' })
    core.store.rows.set(old.id, old)
    await using server = await startTestServer({ core })
    const document = `query ($id: ID!) { session(id: $id) { closeReason application { id } } node(id: $id) { id } }`
    const found = await ask(server, document, { variables: { id: old.id } })
    expect(found.data).toEqual({ session: { closeReason: 'NODE_LOST', application: null }, node: { id: old.id } })
    for (const id of ['', 'x', 'ses-', 'nod-', 'nod-nobody', 'pod-0000000000000000', 'ver-0000000000000000']) {
      const { data, errors } = await ask(server, document, { variables: { id } })
      expect({ data, errors }).toEqual({ data: { session: null, node: null }, errors: undefined })
    }
  })
})

describe('opening', () => {
  const OPEN = `mutation ($input: OpenSessionInput!) { openSession(input: $input) {
    session { id phase } resourceVersion problem { __typename message ... on InvalidInput { field } ... on SessionNotOpened { reason } } } }`

  it('answers with the session, and a version that a watch can continue from', async () => {
    const { core } = fullWorld()
    await using server = await startTestServer({ core })
    const { data } = await ask(server, OPEN, { variables: { input: { application: 'hello' } } })
    const { session: opened, resourceVersion, problem } = Object(data?.['openSession'])
    expect(problem).toBeNull()
    expect(opened.phase).toBe('AVAILABLE')
    expect(resourceVersion).toBe(core.fleet.resourceVersion)
    await using socket = await connect(server)
    socket.subscribe('w', 'subscription ($v: ResourceVersion) { watchSessions(after: $v) { __typename } }', {
      v: resourceVersion,
    })
    expect(await socket.nextData()).toEqual({ watchSessions: { __typename: 'SessionBookmark' } })
  })

  it.each([
    ['an unknown application', { application: 'nobody' }, { __typename: 'ApplicationNotFound' }],
    [
      'no time to open',
      { application: 'hello', openTimeoutMs: 0 },
      { __typename: 'InvalidInput', field: 'openTimeoutMs' },
    ],
    ['data that is no base64', { application: 'hello', data: '?' }, { __typename: 'InvalidInput', field: 'data' }],
  ])('of %s answers with a problem', async (_what, input, problem) => {
    const { core } = fullWorld()
    await using server = await startTestServer({ core })
    const { data, errors } = await ask(server, OPEN, { variables: { input } })
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({ openSession: { session: null, problem } })
  })

  it.each([
    [{ kind: 'idempotencyConflict', idempotencyKey: 'k' } as const, { __typename: 'IdempotencyConflict' }],
    [{ kind: 'queueFull', waiting: 10_000 } as const, { __typename: 'QueueFull' }],
    [
      { kind: 'notOpened', session: aSession({ phase: 'closed' }), reason: 'openTimedOut' } as const,
      { __typename: 'SessionNotOpened', reason: 'OPEN_TIMED_OUT' },
    ],
  ])('tells of %o', async (result, problem) => {
    const { core } = fullWorld()
    Object.assign(core.useCases, { openSession: async () => result })
    await using server = await startTestServer({ core })
    const { data } = await ask(server, OPEN, { variables: { input: { application: 'hello' } } })
    expect(data).toMatchObject({ openSession: { problem } })
  })

  it('of many answers each in its place', async () => {
    const { core } = fullWorld()
    await using server = await startTestServer({ core })
    const sessions = '[{ application: "hello" }, { application: "nobody" }, { application: "hello", openTimeoutMs: 0 }]'
    const document = `mutation { openSessions(input: { sessions: ${sessions} }) { results { session { phase } problem { __typename } } } }`
    const { data } = await ask(server, document)
    expect(data).toEqual({
      openSessions: {
        results: [
          { session: { phase: 'AVAILABLE' }, problem: null },
          { session: null, problem: { __typename: 'ApplicationNotFound' } },
          { session: null, problem: { __typename: 'InvalidInput' } },
        ],
      },
    })
  })
})

describe('applications', () => {
  const CREATE = `mutation ($input: CreateApplicationInput!) { createApplication(input: $input) {
    application { name revision scalingPolicy { minPods maxPods burst idleCount { low high } idlePercent { low high } }
      version { image minIsolation resources { cpuMillis memoryBytes } readiness { probe portName httpPath timeoutMs } } }
    problem { __typename message ... on InvalidInput { field } } } }`
  const version = { image: 'host', command: ['serve'] }

  it('get defaults for what is not said', async () => {
    await using server = await startTestServer()
    const { data } = await ask(server, CREATE, { variables: { input: { name: 'fresh', version } } })
    expect(data).toEqual({
      createApplication: {
        problem: null,
        application: {
          name: 'fresh',
          revision: 1,
          scalingPolicy: { minPods: 0, maxPods: 10, burst: 2, idleCount: { low: 0, high: 0 }, idlePercent: null },
          version: {
            image: 'host',
            minIsolation: 'NONE',
            resources: { cpuMillis: 100, memoryBytes: 134_217_728 },
            readiness: { probe: 'NONE', portName: null, httpPath: null, timeoutMs: 30_000 },
          },
        },
      },
    })
  })

  it.each<[string, object, string]>([
    ['a name that is no DNS label', { name: 'No_Label' }, 'name'],
    ['no image', { version: { ...version, image: '' } }, 'version.image'],
    ['port 0', { version: { ...version, ports: [{ name: 'a', containerPort: 0 }] } }, 'version.ports[0].containerPort'],
    [
      'port 70000',
      { version: { ...version, ports: [{ name: 'a', containerPort: 70_000 }] } },
      'version.ports[0].containerPort',
    ],
    [
      'a port twice',
      {
        version: {
          ...version,
          ports: [
            { name: 'a', containerPort: 1 },
            { name: 'b', containerPort: 1 },
          ],
        },
      },
      'version.ports[1].containerPort',
    ],
    ['no memory', { version: { ...version, resources: { memoryBytes: 0 } } }, 'version.resources.memoryBytes'],
    [
      'a variable twice',
      {
        version: {
          ...version,
          env: [
            { name: 'A', value: '' },
            { name: 'A', value: '' },
          ],
        },
      },
      'version.env[1].name',
    ],
    [
      'two probes',
      { version: { ...version, readiness: { http: { portName: 'a' }, tcp: { portName: 'a' } } } },
      'version.readiness',
    ],
    ['min over max', { scalingPolicy: { minPods: 2, maxPods: 1 } }, 'scalingPolicy.minPods'],
    ['low over high', { scalingPolicy: { maxPods: 9, idleCount: { low: 3, high: 2 } } }, 'scalingPolicy.idleCount.low'],
    [
      'percent over 100',
      { scalingPolicy: { maxPods: 9, idlePercent: { low: 1, high: 101 } } },
      'scalingPolicy.idlePercent.high',
    ],
    [
      'two targets',
      { scalingPolicy: { maxPods: 9, idleCount: { low: 1, high: 1 }, idlePercent: { low: 1, high: 1 } } },
      'scalingPolicy.idlePercent',
    ],
  ])('with %s are refused, and the field is named', async (_what, given, field) => {
    await using server = await startTestServer()
    const { data, errors } = await ask(server, CREATE, { variables: { input: { name: 'fresh', version, ...given } } })
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({
      createApplication: { application: null, problem: { __typename: 'InvalidInput', field } },
    })
  })

  it('are written only by whom has seen the newest revision', async () => {
    const { core } = fullWorld()
    await using server = await startTestServer({ core })
    const write = (field: string, more: string): string =>
      `mutation { ${field}(input: { application: "hello" ${more} }) { application { revision } problem { __typename } } }`
    const policy = 'scalingPolicy: { maxPods: 7 }'
    const first = await ask(server, write('updateScalingPolicy', `${policy} revision: 1`))
    expect(first.data).toMatchObject({ updateScalingPolicy: { application: { revision: 2 }, problem: null } })
    const conflict = { application: null, problem: { __typename: 'RevisionConflict' } }
    expect((await ask(server, write('updateScalingPolicy', `${policy} revision: 1`))).data).toEqual({
      updateScalingPolicy: conflict,
    })
    const publish = await ask(server, write('publishApplicationVersion', 'rollBackTo: 1 revision: 1'))
    expect(publish.data).toEqual({ publishApplicationVersion: conflict })
    expect((await ask(server, write('deleteApplication', 'revision: 1'))).data).toEqual({ deleteApplication: conflict })
    expect((await ask(server, write('deleteApplication', ''))).data).toMatchObject({
      deleteApplication: { problem: null },
    })
    const gone = await ask(server, write('deleteApplication', ''))
    expect(gone.data).toMatchObject({ deleteApplication: { problem: { __typename: 'ApplicationNotFound' } } })
  })

  it.each([
    ['neither a version nor a number', '', 'version'],
    ['both', 'rollBackTo: 1 version: { image: "host" }', 'rollBackTo'],
  ])('are published with %s by nobody', async (_what, more, field) => {
    const { core } = fullWorld()
    await using server = await startTestServer({ core })
    const document = `mutation { publishApplicationVersion(input: { application: "hello" ${more} }) { problem { __typename ... on InvalidInput { field } } } }`
    const { data } = await ask(server, document)
    expect(data).toEqual({ publishApplicationVersion: { problem: { __typename: 'InvalidInput', field } } })
  })
})

describe('nodes', () => {
  it('are cordoned, opened again and drained, if they are known', async () => {
    const { core } = fullWorld()
    await using server = await startTestServer({ core })
    const write = (field: string, name: string, more = ''): string =>
      `mutation { ${field}(input: { name: "${name}" }) { computeNode { isCordoned } problem { __typename } ${more} } }`
    expect((await ask(server, write('cordonNode', 'one'))).data).toEqual({
      cordonNode: { computeNode: { isCordoned: true }, problem: null },
    })
    expect((await ask(server, write('uncordonNode', 'one'))).data).toMatchObject({
      uncordonNode: { computeNode: { isCordoned: false } },
    })
    expect((await ask(server, write('drainNode', 'one', 'sessionCount'))).data).toMatchObject({
      drainNode: { sessionCount: 2 },
    })
    expect((await ask(server, write('drainNode', 'nobody', 'sessionCount'))).data).toEqual({
      drainNode: { computeNode: null, problem: { __typename: 'ComputeNodeNotFound' }, sessionCount: 0 },
    })
  })
})

/** Selects every field that needs no argument, down to a depth. */
function everyField(type: GraphQLObjectType, depth: number, above: readonly string[] = []): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type)
    if (field.args.some((arg) => isNonNullType(arg.type))) return []
    if (isLeafType(inner)) return field.name
    if (!isObjectType(inner) || isUnionType(inner) || isInterfaceType(inner)) return []
    if (depth === 0 || above.includes(inner.name) || inner === type) return []
    return `${field.name} ${everyField(inner, depth - 1, [...above, type.name])}`
  })
  return `{ __typename ${fields.join(' ')} }`
}
