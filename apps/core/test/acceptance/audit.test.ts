/** What the API writes down of what it is asked. */
import { expect, it } from 'vitest'
import { ask, bearer, startTestServer } from './test-server.ts'

it('writes down who did what from where, how it was before and how it is after', async () => {
  await using server = await startTestServer()
  server.core.fleet.putNode('one')
  await ask(server, 'mutation { cordonNode(input: { name: "one" }) { problem { message } } }')
  expect(server.core.facts).toMatchObject([
    {
      action: 'cordonNode',
      actor: { kind: 'viewer', role: 'operator' },
      source: expect.stringContaining('127.0.0.1'),
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      object: 'node/one',
      outcome: 'done',
      problem: null,
      before: { isCordoned: false },
      after: { isCordoned: true },
    },
  ])
})

it('writes down what was refused, by a role, by a rule or by a failure, and not what was only read', async () => {
  await using server = await startTestServer()
  const viewer = { authorization: bearer('acme', 'viewer') }
  await ask(server, '{ viewer { role } fleet { resourceVersion } }', viewer)
  await ask(server, '{ joinTokens { id } }', viewer)
  await ask(server, 'mutation { drainNode(input: { name: "one" }) { problem { message } } }', viewer)
  await ask(server, 'mutation { drainNode(input: { name: "nobody" }) { problem { message } } }')
  server.core.failure = new Error('the database is away')
  await ask(
    server,
    'mutation { createApplication(input: { name: "web", version: { image: "host", command: ["x"] } }) { problem { message } } }',
  )
  await ask(server, 'mutation { openSession(input: { application: "nobody" }) { problem { message } } }')
  expect(server.core.facts.map(({ action, outcome, problem }) => [action, outcome, problem])).toEqual([
    ['joinTokens', 'refused', 'NotAllowed'],
    ['drainNode', 'refused', 'NotAllowed'],
    ['drainNode', 'refused', 'ComputeNodeNotFound'],
    ['createApplication', 'failed', null],
  ])
})
