/** The API over the real core and its database, without a node: what must hold before any pod exists. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { serverAudits } from 'graphql-http'
import { describe, expect, it } from 'vitest'
import { INVARIANTS } from '../../src/audit/invariants.ts'
import { createCore, type Core } from '../../src/core.ts'
import { ask as askServer } from './test-server.ts'
import { connect } from './test-socket.ts'
import { testCoreConfig } from '../support/core-config.ts'

const ADMIN = 'the-admin-token-of-this-test'
const authorization = `Bearer ${ADMIN}`

describe('a core without nodes', () => {
  it('passes the audits of GraphQL over HTTP', async () => {
    await using place = await scratch()
    await using core = await place.start()
    const fetchFn = (url: string, init?: RequestInit) =>
      fetch(url, { ...init, headers: { ...Object(init?.headers), authorization } })
    const results = await Promise.all(
      serverAudits({ url: `${core.apiUrl}/graphql`, fetchFn }).map((audit) => audit.fn()),
    )
    expect(results.filter(({ status }) => status === 'error')).toEqual([])
    expect(results.filter(({ status }) => status === 'warn')).toHaveLength(3)
  })

  it('guards writes by revisions, and still does after a restart', async () => {
    await using place = await scratch()
    const write = (revision: number): string =>
      `mutation { updateScalingPolicy(input: { application: "web", revision: ${revision}, scalingPolicy: { maxPods: 3 } }) {
        application { revision } problem { __typename ... on RevisionConflict { currentRevision } } } }`
    const written = (revision: number) => ({ updateScalingPolicy: { application: { revision }, problem: null } })
    const conflict = (currentRevision: number) => ({
      updateScalingPolicy: { application: null, problem: { __typename: 'RevisionConflict', currentRevision } },
    })
    await place.during(async (core) => {
      await create(core, 'web')
      expect(await ask(core, write(1))).toEqual(written(2))
      expect(await ask(core, write(1))).toEqual(conflict(2))
    })
    await using core = await place.start()
    expect(await ask(core, write(1))).toEqual(conflict(2))
    expect(await ask(core, write(2))).toEqual(written(3))
  })

  it('refuses a session of an unknown application at once, and closes one that no pod takes at its deadline', async () => {
    await using place = await scratch()
    await using core = await place.start()
    const open = (application: string, openTimeoutMs: number): string =>
      `mutation { openSession(input: { application: "${application}", openTimeoutMs: ${openTimeoutMs} }) {
        session { phase closeReason } problem { __typename ... on SessionNotOpened { reason } } } }`
    const startMs = performance.now()
    expect(await ask(core, open('nobody', 60_000))).toEqual({
      openSession: { session: null, problem: { __typename: 'ApplicationNotFound' } },
    })
    expect(performance.now() - startMs).toBeLessThan(10_000)
    await create(core, 'web')
    expect(await ask(core, open('web', 300))).toEqual({
      openSession: {
        session: { phase: 'CLOSED', closeReason: 'OPEN_TIMED_OUT' },
        problem: { __typename: 'SessionNotOpened', reason: 'OPEN_TIMED_OUT' },
      },
    })
  })

  it('tells of everything that must never happen that it did not', async () => {
    await using place = await scratch()
    await using core = await place.start()
    await create(core, 'web')
    const metrics = await fetch(`${core.apiUrl}/metrics`)
    const counted = [
      ...(await metrics.text()).matchAll(/^fornax_invariant_violations_total\{invariant="(\w+)"\} (\d+)$/gm),
    ]
    expect(counted.map(([, invariant, count]) => [invariant, count])).toEqual(INVARIANTS.map(({ id }) => [id, '0']))
  })

  it('lets the administrator in by the token of the settings, and no longer by the one that it replaced', async () => {
    await using place = await scratch()
    await place.during(async (core) => void (await ask(core, '{ viewer { role } }')))
    const adminToken = 'another-token-of-this-test'
    await using core = await place.start({ adminToken })
    expect(await ask(core, '{ viewer { role } }', `Bearer ${adminToken}`)).toEqual({ viewer: { role: 'OPERATOR' } })
    const { errors } = await askServer(serverOf(core), '{ viewer { role } }', { authorization })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })

  it('lists sessions of before its restart, and gives a watch from then a snapshot', async () => {
    await using place = await scratch()
    const list = '{ sessions { edges { node { applicationName closeReason labels { value } } } resourceVersion } }'
    const nodes = [{ node: { applicationName: 'web', closeReason: 'OPEN_TIMED_OUT', labels: [{ value: '1' }] } }]
    let after = ''
    await place.during(async (core) => {
      await create(core, 'web')
      await ask(
        core,
        'mutation { openSession(input: { application: "web", openTimeoutMs: 1, labels: [{ name: "a", value: "1" }] }) { problem { message } } }',
      )
      const data = Object(await ask(core, list))
      expect(data.sessions.edges).toEqual(nodes)
      after = data.sessions.resourceVersion
    })
    await using core = await place.start()
    expect(await ask(core, list)).toMatchObject({ sessions: { edges: nodes } })
    await using socket = await connect(serverOf(core), authorization)
    socket.subscribe('w', 'subscription ($after: ResourceVersion) { watchSessions(after: $after) { __typename } }', {
      after,
    })
    expect(await socket.nextData()).toEqual({ watchSessions: { __typename: 'SessionSnapshot' } })
  })

  it('keeps tenants apart, from the token to the watch', async () => {
    await using place = await scratch()
    await using core = await place.start()
    await ask(core, 'mutation { createTenant(input: { name: "globex" }) { problem { message } } }')
    const { createApiToken } = Object(
      await ask(core, 'mutation { createApiToken(input: { name: "t", role: ADMIN, tenant: "globex" }) { secret } }'),
    )
    const theirs = `Bearer ${createApiToken.secret}`
    await using socket = await connect(serverOf(core), theirs)
    socket.subscribe(
      'w',
      'subscription { watchApplications { __typename ... on ApplicationSnapshot { applications { name } } ... on ApplicationChanges { upserted { name tenant } removedIds } } }',
    )
    expect(await socket.nextData()).toMatchObject({ watchApplications: { applications: [] } })
    await create(core, 'web') // Of the default tenant.
    await create(core, 'web', theirs)
    expect(await socket.nextData()).toMatchObject({
      watchApplications: { upserted: [{ name: 'web', tenant: 'globex' }], removedIds: [] },
    })
    const { tenants } = Object(await ask(core, '{ tenants { name } }', theirs))
    expect(tenants).toEqual([{ name: 'globex' }])
  })

  it('does not start on a port that is taken, and says what to do', async () => {
    await using place = await scratch()
    await using core = await place.start()
    await using other = await scratch()
    const apiPort = Number(new URL(core.apiUrl).port)
    await expect(other.start({ apiPort })).rejects.toThrow(`port ${apiPort} of 127.0.0.1 is taken`)
  })
})

async function scratch() {
  const dataDir = await mkdtemp(join(tmpdir(), 'fornax-api-'))
  const start = ({ apiPort = 0, adminToken = ADMIN } = {}): Promise<Core> =>
    createCore({
      clock: systemClock,
      log: createLog('core', 'silent'),
      config: testCoreConfig({ dataDir, apiPort, adminToken, joinToken: 'the-join-token-of-this-test' }),
    })
  return {
    start,
    during: async (act: (core: Core) => Promise<void>): Promise<void> => {
      await using core = await start()
      await act(core)
    },
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }),
  }
}

async function create(core: Core, name: string, as = authorization): Promise<void> {
  const version = '{ image: "host", command: ["serve"] }'
  await ask(
    core,
    `mutation { createApplication(input: { name: "${name}", version: ${version} }) { problem { message } } }`,
    as,
  )
}

async function ask(core: Core, query: string, as = authorization): Promise<unknown> {
  const { data, errors } = await askServer(serverOf(core), query, { authorization: as })
  expect(errors).toBeUndefined()
  return data
}

function serverOf({ apiUrl }: Core) {
  return { url: apiUrl }
}
