/** The watches of the API, over real sockets. */
import { describe, expect, it } from 'vitest'
import { PodLogUnavailableError } from '../../src/pods/pod-log.ts'
import { FakeCorePort } from './fake-core-port.ts'
import { aRequest, aSession } from './fake-objects.ts'
import { fullWorld } from './full-world.ts'
import { bearer, startTestServer } from './test-server.ts'
import { connect } from './test-socket.ts'

describe('watching', () => {
  it('shows lists as they are and as they change, by every watch', async () => {
    const { core, ids, objects } = fullWorld()
    await using server = await startTestServer({ core })
    await using socket = await connect(server)
    const { session, pod, application } = objects
    const watches: readonly [field: string, list: string, id: string, change: () => void][] = [
      ['watchSessions', 'sessions', ids.session, () => core.fleet.putSession(session)],
      ['watchPods', 'pods', ids.pod, () => core.fleet.putPod(pod)],
      ['watchApplications', 'applications', ids.application, () => core.fleet.putApplication(application)],
      ['watchComputeNodes', 'computeNodes', 'nod-one', () => core.fleet.putNode('one')],
    ]
    for (const [field, list, id, change] of watches) {
      const name = list[0]?.toUpperCase() + list.slice(1, -1)
      socket.subscribe(
        field,
        `subscription { ${field} { __typename ... on ${name}Snapshot { ${list} { id } isLast resourceVersion }
          ... on ${name}Changes { upserted { id } removedIds resourceVersion } } }`,
      )
      expect(await socket.nextData()).toEqual({
        [field]: {
          __typename: `${name}Snapshot`,
          [list]: [{ id }],
          isLast: true,
          resourceVersion: core.fleet.resourceVersion,
        },
      })
      change()
      expect(await socket.nextData()).toEqual({
        [field]: {
          __typename: `${name}Changes`,
          upserted: [{ id }],
          removedIds: [],
          resourceVersion: core.fleet.resourceVersion,
        },
      })
      socket.send({ type: 'complete', id: field })
      await socket.settle()
    }
  })

  it('follows one session until it is closed', async () => {
    const { core, ids } = fullWorld()
    await using server = await startTestServer({ core })
    await using socket = await connect(server)
    socket.subscribe('s', `subscription { watchSession(id: "${ids.session}") { phase closeReason } }`)
    expect(await socket.nextData()).toEqual({ watchSession: { phase: 'IN_USE', closeReason: null } })
    const now = core.fleet.session(ids.session) ?? aSession({})
    core.fleet.putSession({ ...now, phase: 'closing', closeReason: 'requested' })
    expect(await socket.nextData()).toEqual({ watchSession: { phase: 'CLOSING', closeReason: 'REQUESTED' } })
    core.fleet.putSession({ ...now, phase: 'closed', closeReason: 'requested' })
    expect(await socket.nextData()).toMatchObject({ watchSession: { phase: 'CLOSED' } })
    expect(await socket.next()).toEqual({ type: 'complete', id: 's' })
  })

  it('shows a session of history once, and ends', async () => {
    const core = new FakeCorePort()
    const old = aSession({ tenantId: core.tenants.idOf('acme'), phase: 'closed', closeReason: 'exited' })
    core.store.rows.set(old.id, old)
    await using server = await startTestServer({ core })
    await using socket = await connect(server, bearer('acme', 'viewer'))
    socket.subscribe('s', `subscription { watchSession(id: "${old.id}") { phase } }`)
    expect(await socket.nextData()).toEqual({ watchSession: { phase: 'CLOSED' } })
    expect(await socket.next()).toEqual({ type: 'complete', id: 's' })
  })

  it('follows the log of a pod until the client has enough', async () => {
    const { core, ids } = fullWorld()
    core.podLogBatches = [{ lines: [{ stream: 'stderr', text: 'hi' }], skippedLines: 3 }]
    await using server = await startTestServer({ core })
    await using socket = await connect(server)
    socket.subscribe('l', `subscription { podLogs(podId: "${ids.pod}") { lines { stream text } skippedLines } }`)
    expect(await socket.nextData()).toEqual({ podLogs: { lines: [{ stream: 'STDERR', text: 'hi' }], skippedLines: 3 } })
    socket.send({ type: 'complete', id: 'l' })
    await socket.settle()
    socket.subscribe('l', `subscription { podLogs(podId: "${ids.pod}", tailLines: 10001) { skippedLines } }`)
    expect(await socket.next()).toMatchObject({ payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } })
  })

  it('says why the log of a pod cannot be read', async () => {
    const { core, ids } = fullWorld()
    core.podLog = () => {
      throw new PodLogUnavailableError(ids.pod, 'its node is not connected')
    }
    await using server = await startTestServer({ core })
    await using socket = await connect(server)
    socket.subscribe('l', `subscription { podLogs(podId: "${ids.pod}") { skippedLines } }`)
    const message = `The log of pod ${ids.pod} cannot be read: its node is not connected.`
    const payload = [{ message, extensions: { code: 'LOG_UNAVAILABLE' } }]
    expect(await socket.next()).toMatchObject({ type: 'error', payload })
  })

  it('queues nothing for a client that does not read, and slows nobody', async () => {
    const core = new FakeCorePort({ changeLogCapacity: 500 })
    const application = core.fleet.addApplication(core.tenants.idOf('acme'), 'hello')
    await using server = await startTestServer({ core })
    await using stuck = await connect(server)
    await using reader = await connect(server)
    const fields = 'id clientCount labels { value }'
    const document = `subscription { watchSessions { kind: __typename
      ... on SessionSnapshot { sessions { ${fields} } } ... on SessionChanges { upserted { ${fields} } } } }`
    for (const socket of [stuck, reader]) {
      socket.subscribe('w', document)
      expect(await socket.nextData()).toEqual({ watchSessions: { kind: 'SessionSnapshot', sessions: [] } })
    }
    stuck.pause()
    const labels = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`l${i}`, 'x'.repeat(250)]))
    const ROUNDS = 20
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (let i = 0; i < 400; i += 1)
        core.fleet.addSession(application, { id: `ses-${i}`, clientCount: round, request: aRequest({ labels }) })
      expect(await reader.nextData()).toMatchObject({ watchSessions: { kind: 'SessionChanges' } })
    }
    stuck.resume()
    const kinds: string[] = []
    for (let round = 0; round < ROUNDS;) {
      const { watchSessions } = Object(await stuck.nextData())
      kinds.push(watchSessions.kind)
      round = (watchSessions.upserted ?? watchSessions.sessions).at(-1).clientCount
    }
    // What the system's own buffers held, and then one snapshot in place of all the rest.
    expect(kinds.length).toBeLessThan(ROUNDS - 3)
    expect(kinds.at(-1)).toBe('SessionSnapshot')
  })
})
