/** Who may do what, and who sees what, through the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Operation } from '../../src/tenants/access-rules.ts'
import type { Role } from '../../src/tenants/tenant.ts'
import { FakeCorePort } from './fake-core-port.ts'
import { ask, bearer, startTestServer, type TestServer } from './test-server.ts'
import { connect } from './test-socket.ts'

type Case = readonly [least: Role, document: string]

const QUERIES: Partial<Record<Operation, Case>> = {
  apiTokens: ['admin', '{ apiTokens { id } }'],
  application: ['viewer', '{ application(name: "hello") { id } }'],
  applications: ['viewer', '{ applications { edges { cursor } } }'],
  auditActivity: ['admin', '{ auditActivity { countedSince } }'],
  auditRecords: ['admin', '{ auditRecords { edges { cursor } } }'],
  auditVerification: ['operator', '{ auditVerification { isWhole } }'],
  joinTokens: ['operator', '{ joinTokens { id } }'],
  computeNode: ['viewer', '{ computeNode(name: "one") { id } }'],
  computeNodes: ['viewer', '{ computeNodes { edges { cursor } } }'],
  drainsPreview: ['operator', '{ drainsPreview(names: ["one"]) { nodeCount } }'],
  drainPreview: ['operator', '{ drainPreview(name: "one") { deadline } }'],
  events: ['viewer', '{ events { edges { cursor } } }'],
  fleet: ['viewer', '{ fleet { resourceVersion } }'],
  fleetHistory: ['viewer', '{ fleetHistory { stepMs } }'],
  latencyHistory: ['viewer', '{ latencyHistory { stepMs } }'],
  scalingPolicyPreview: [
    'viewer',
    '{ scalingPolicyPreview(application: "x", scalingPolicy: { maxPods: 1 }) { sessionCount } }',
  ],
  latency: ['viewer', '{ latency { count } }'],
  node: ['viewer', '{ node(id: "x") { id } }'],
  pod: ['viewer', '{ pod(id: "x") { id } }'],
  pods: ['viewer', '{ pods { edges { cursor } } }'],
  secret: ['viewer', '{ secret(name: "x") { id } }'],
  secrets: ['viewer', '{ secrets { name usedBy } }'],
  session: ['viewer', '{ session(id: "x") { id } }'],
  sessions: ['viewer', '{ sessions { edges { cursor } } }'],
  tenants: ['viewer', '{ tenants { id } }'],
  viewer: ['viewer', '{ viewer { role } }'],
}

const VERSION = '{ image: "host", command: ["serve"] }'

const MUTATIONS: Partial<Record<Operation, Case>> = {
  closeSession: ['developer', 'closeSession(input: { id: "x" })'],
  cordonNode: ['operator', 'cordonNode(input: { name: "x" })'],
  createApiToken: ['admin', 'createApiToken(input: { name: "x", role: VIEWER })'],
  createApplication: ['developer', `createApplication(input: { name: "-", version: ${VERSION} })`],
  createSecret: ['developer', 'createSecret(input: { name: "-", value: "eA==" })'],
  deleteSecret: ['developer', 'deleteSecret(input: { name: "x" })'],
  updateSecret: ['developer', 'updateSecret(input: { name: "x", value: "eA==" })'],
  createJoinToken: ['operator', 'createJoinToken(input: {})'],
  createTenant: ['operator', 'createTenant(input: { name: "-" })'],
  deleteApplication: ['developer', 'deleteApplication(input: { application: "x" })'],
  drainNode: ['operator', 'drainNode(input: { name: "x" })'],
  removeNode: ['operator', 'removeNode(input: { name: "x" })'],
  openSession: ['developer', 'openSession(input: { application: "x" })'],
  publishApplicationVersion: [
    'developer',
    `publishApplicationVersion(input: { application: "x", version: ${VERSION} })`,
  ],
  revokeApiToken: ['admin', 'revokeApiToken(input: { id: "x" })'],
  revokeComputeNode: ['operator', 'revokeComputeNode(input: { name: "x" })'],
  revokeJoinToken: ['operator', 'revokeJoinToken(input: { id: "x" })'],
  rotateNodeAuthority: ['operator', 'rotateNodeAuthority(input: {})'],
  uncordonNode: ['operator', 'uncordonNode(input: { name: "x" })'],
  updateScalingPolicy: ['developer', 'updateScalingPolicy(input: { application: "x", scalingPolicy: { maxPods: 1 } })'],
}

const WATCHES: Partial<Record<Operation, Case>> = {
  watchApplications: ['viewer', 'watchApplications { __typename }'],
  watchAuditRecords: ['admin', 'watchAuditRecords { resourceVersion }'],
  watchEvents: ['viewer', 'watchEvents { __typename }'],
  watchComputeNodes: ['viewer', 'watchComputeNodes { __typename }'],
  watchPods: ['viewer', 'watchPods { __typename }'],
  watchSessions: ['viewer', 'watchSessions { __typename }'],
}

const ROLES: readonly Role[] = ['viewer', 'developer', 'admin', 'operator']

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server[Symbol.asyncDispose]())

describe('without a token that is known', () => {
  it.each([
    ['no token', '', 'A token is needed'],
    ['a token of nobody', 'Bearer nobody', 'not known here'],
    ['another scheme', 'Basic YTpi', 'A token is needed'],
    ['an empty token', 'Bearer ', 'A token is needed'],
    ['two tokens', `${bearer('acme', 'viewer')} x`, 'A token is needed'],
  ])('%s is answered with 401 and UNAUTHENTICATED', async (_which, authorization, message) => {
    const { status, errors, data } = await ask(server, '{ viewer { role } }', { authorization })
    expect({ status, data }).toEqual({ status: 401, data: undefined })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(errors?.[0]?.message).toContain(message)
  })

  it('the answer is of the type that the client prefers, and says how to authenticate', async () => {
    const accept = 'application/graphql-response+json'
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { accept }, body: '{' })
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('the scheme may be written in any case', async () => {
    const authorization = bearer('acme', 'viewer').replace('Bearer', 'bearer')
    expect(await ask(server, '{ viewer { role } }', { authorization })).toMatchObject({ status: 200 })
  })
})

describe.each(ROLES)('a token of role %s', (role) => {
  const rank = ROLES.indexOf(role)
  const authorization = bearer('acme', role)

  it.each(Object.entries(QUERIES))('asks for %s as the table says', async (_name, [least, document]) => {
    const { errors } = await ask(server, document, { authorization })
    const codes = errors?.map(({ extensions }) => extensions['code']) ?? []
    expect(codes).toEqual(rank >= ROLES.indexOf(least) ? [] : ['FORBIDDEN'])
  })

  it.each(Object.entries(MUTATIONS))('does %s as the table says', async (name, [least, field]) => {
    const document = `mutation { ${field} { problem { __typename message ... on NotAllowed { neededRole } } } }`
    const { data, errors } = await ask(server, document, { authorization })
    expect(errors).toBeUndefined()
    const refusal = { __typename: 'NotAllowed', neededRole: least.toUpperCase() }
    if (rank >= ROLES.indexOf(least)) expect(data).not.toMatchObject({ [name]: { problem: refusal } })
    else expect(data).toMatchObject({ [name]: { problem: refusal } })
  })

  it('opens many sessions as the table says', async () => {
    const sessions = '[{ application: "x" }, { application: "y" }]'
    const document = `mutation { openSessions(input: { sessions: ${sessions} }) { results { problem { __typename } } } }`
    const { data } = await ask(server, document, { authorization })
    const problem = { __typename: role === 'viewer' ? 'NotAllowed' : 'ApplicationNotFound' }
    expect(data).toEqual({ openSessions: { results: [{ problem }, { problem }] } })
  })

  it('closes many sessions as the table says', async () => {
    const document = 'mutation { closeSessions(input: { ids: ["x", "y"] }) { results { problem { __typename } } } }'
    const { data } = await ask(server, document, { authorization })
    const problem = { __typename: role === 'viewer' ? 'NotAllowed' : 'SessionNotFound' }
    expect(data).toEqual({ closeSessions: { results: [{ problem }, { problem }] } })
  })

  it('watches as the table says', async () => {
    await using socket = await connect(server, authorization)
    for (const [name, [least, field]] of Object.entries(WATCHES)) {
      const mayWatch = rank >= ROLES.indexOf(least)
      socket.subscribe(name, `subscription { ${field} }`)
      const answer = await socket.next()
      if (mayWatch) expect(answer).toMatchObject({ type: 'next', payload: { data: { [name]: {} } } })
      else expect(answer).toMatchObject({ payload: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } })
      if (!mayWatch) expect(await socket.next()).toMatchObject({ type: 'complete', id: name })
    }
  })
})

describe('tokens', () => {
  const create = (role: string, tenant = ''): string =>
    `mutation { createApiToken(input: { name: "x", role: ${role} ${tenant} }) { secret problem { __typename } } }`

  it('of an admin give no more than an admin has', async () => {
    const authorization = bearer('acme', 'admin')
    const asOperator = await ask(server, create('OPERATOR'), { authorization })
    expect(asOperator.data).toEqual({ createApiToken: { secret: null, problem: { __typename: 'NotAllowed' } } })
    const elsewhere = await ask(server, create('VIEWER', 'tenant: "globex"'), { authorization })
    expect(elsewhere.data).toEqual({ createApiToken: { secret: null, problem: { __typename: 'TenantNotFound' } } })
  })

  it('work at once, and no more once they are revoked', async () => {
    const document =
      'mutation { createApiToken(input: { name: "x", role: VIEWER }) { secret apiToken { id tenant role } } }'
    const { data } = await ask(server, document, { authorization: bearer('acme', 'admin') })
    const { secret, apiToken } = Object(data?.['createApiToken'])
    expect(apiToken).toMatchObject({ tenant: 'acme', role: 'VIEWER' })
    const authorization = `Bearer ${secret}`
    expect(await ask(server, '{ viewer { tenant } }', { authorization })).toMatchObject({ status: 200 })
    await ask(server, `mutation { revokeApiToken(input: { id: "${apiToken.id}" }) { problem { __typename } } }`)
    expect(await ask(server, '{ viewer { tenant } }', { authorization })).toMatchObject({ status: 401 })
  })

  it('of the operator cannot be revoked, or seen, by an admin', async () => {
    const operator = [...server.core.tenants.tokens()].find(({ role }) => role === 'operator')
    const authorization = bearer('acme', 'admin')
    const revoke = `mutation { revokeApiToken(input: { id: "${operator?.id}" }) { problem { __typename } } }`
    const { data } = await ask(server, revoke, { authorization })
    expect(data).toEqual({ revokeApiToken: { problem: { __typename: 'ApiTokenNotFound' } } })
    const { data: listed } = await ask(server, '{ apiTokens { role tenant } }', { authorization })
    expect(JSON.stringify(listed)).not.toMatch(/OPERATOR|globex/)
    const { data: found } = await ask(server, `{ node(id: "${operator?.id}") { id } }`, { authorization })
    expect(found).toEqual({ node: null })
  })
})

describe('I11: a tenant', () => {
  const EVERYTHING = `query ($session: ID!, $pod: ID!, $application: ID!, $tenant: ID!, $node: ID!) {
    applications { totalCount edges { node { id name } } }
    sessions { edges { node { id labels { name value } endpoints { url } } } }
    pods { edges { node { id } } }
    computeNodes { totalCount edges { node { name podCount sessionCount cpuMillisUsed booked { cpuMillis pods } } } }
    application(name: "secret") { id }
    session(id: $session) { id }
    pod(id: $pod) { id }
    computeNode(name: "theirs") { id }
    a: node(id: $session) { id }
    b: node(id: $pod) { id }
    c: node(id: $application) { id }
    d: node(id: $tenant) { id }
    e: node(id: $node) { id }
    tenants { name }
    fleet { sessionsOpen sessionsWaiting sessionsOpenedWarm pods { total } nodes { total } }
  }`

  it('sees nothing of another, by list, by name or by id; the operator sees all', async () => {
    const { core, variables } = worldOfTwo()
    await using other = await startTestServer({ core })
    const asGlobex = await ask(other, EVERYTHING, { variables, authorization: bearer('globex', 'admin') })
    expect(asGlobex.errors).toBeUndefined()
    expect(asGlobex.data).toEqual({
      applications: { totalCount: 0, edges: [] },
      sessions: { edges: [] },
      pods: { edges: [] },
      computeNodes: { totalCount: 0, edges: [] },
      application: null,
      session: null,
      pod: null,
      computeNode: null,
      a: null,
      b: null,
      c: null,
      d: null,
      e: null,
      tenants: [{ name: 'globex' }],
      fleet: { sessionsOpen: 0, sessionsWaiting: 0, sessionsOpenedWarm: 4, pods: { total: 0 }, nodes: { total: 0 } },
    })
    const asOperator = await ask(other, EVERYTHING, { variables, authorization: bearer('globex', 'operator') })
    expect(asOperator.data).toMatchObject({
      applications: { totalCount: 1 },
      computeNodes: { totalCount: 1 },
      tenants: [{}, { name: 'globex' }],
      session: { id: variables.session },
      pod: { id: variables.pod },
      computeNode: {},
      a: {},
      b: {},
      c: {},
      d: {},
      e: {},
      fleet: { sessionsOpen: 1, pods: { total: 1 }, nodes: { total: 1 } },
    })
  })

  it('sees of a node only its own part', async () => {
    const { core } = worldOfTwo()
    await using other = await startTestServer({ core })
    const document = '{ computeNode(name: "theirs") { podCount sessionCount cpuMillisUsed booked { pods } } }'
    const asAcme = await ask(other, document, { authorization: bearer('acme', 'viewer') })
    expect(asAcme.data).toEqual({
      computeNode: { podCount: 1, sessionCount: 0, cpuMillisUsed: null, booked: { pods: 1 } },
    })
    const asOperator = await ask(other, document)
    expect(asOperator.data).toEqual({
      computeNode: { podCount: 3, sessionCount: 2, cpuMillisUsed: 7, booked: { pods: 3 } },
    })
  })

  it('closes, follows and reads logs of nothing that is not its own', async () => {
    const { core, variables } = worldOfTwo()
    await using other = await startTestServer({ core })
    const authorization = bearer('globex', 'admin')
    const close = `mutation { closeSession(input: { id: "${variables.session}" }) { session { id } problem { __typename } } }`
    const { data } = await ask(other, close, { authorization })
    expect(data).toEqual({ closeSession: { session: null, problem: { __typename: 'SessionNotFound' } } })
    await using socket = await connect(other, authorization)
    for (const field of [
      `watchSession(id: "${variables.session}") { id }`,
      `podLogs(podId: "${variables.pod}") { skippedLines }`,
    ]) {
      socket.subscribe('w', `subscription { ${field} }`)
      expect(await socket.next()).toMatchObject({ payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } })
      expect(await socket.next()).toMatchObject({ type: 'complete' })
    }
  })

  it('has its own share asked for, of latency too', async () => {
    await ask(server, '{ latency { count } }', { authorization: bearer('globex', 'viewer') })
    await ask(server, '{ latency(where: { start: WARM }) { count } }')
    const nothing = await ask(server, '{ latency(where: { application: "nobody" }) { count p50Ms } }')
    expect(nothing.data).toEqual({ latency: { count: 0, p50Ms: null } })
    expect(server.core.latencyAsked.slice(-2)).toEqual([
      { applicationId: null, start: null, tenantId: server.core.tenants.idOf('globex') },
      { applicationId: null, start: 'warm', tenantId: null },
    ])
  })
})

/** Everything belongs to acme; globex has nothing. */
function worldOfTwo() {
  const core = new FakeCorePort()
  const tenant = core.tenants.idOf('acme')
  core.fleet.putNode('theirs')
  const application = core.fleet.addApplication(tenant, 'secret')
  const { id: pod } = core.fleet.addPod(application, { nodeName: 'theirs' })
  const { id: session } = core.fleet.addSession(application)
  const { definition } = core.fleet.putApplication({
    ...application,
    openSessions: 1,
    waitingSessions: 0,
    counts: { ...application.counts, standby: 1 },
  })
  return { core, variables: { session, pod, tenant, application: definition.id, node: 'nod-theirs' } }
}
