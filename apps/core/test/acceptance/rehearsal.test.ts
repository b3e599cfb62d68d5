/** What a core does before anybody calls. */
import { describe, expect, it } from 'vitest'
import type { CorePort } from '../../src/graphql/core-port.ts'
import { rehearse, startRehearsal } from '../../src/graphql/rehearsal.ts'
import { FakeCorePort } from './fake-core-port.ts'

describe('a rehearsal', () => {
  it('asks hundreds of times for a session, each of which reaches the use-case, and leaves nothing behind', async () => {
    const { core, port, asked } = scene()
    expect(await rehearse(port, new AbortController().signal)).toBe(400)
    expect(asked.length).toBe(400)
    expect(new Set(asked)).toEqual(new Set(['rehearsal/rehearsal']))
    expect(core.facts).toEqual([])
    expect([...core.fleet.sessions()]).toEqual([])
  })

  it('ends where it is when the core stops', async () => {
    const { port, asked, reached } = scene()
    const rehearsal = startRehearsal(port)
    await reached(3)
    await rehearsal[Symbol.asyncDispose]()
    expect(asked.length).toBeLessThan(400)
  })
})

function scene() {
  const core = new FakeCorePort()
  const asked: string[] = []
  const waiting: { readonly count: number; readonly done: () => void }[] = []
  const { clock, log, fleet, store, tenants, secrets, logins, admissions, audit, history } = core
  const port: CorePort = {
    clock,
    log,
    fleet,
    store,
    tenants,
    secrets,
    logins,
    admissions,
    audit,
    history,
    imagesOf: () => core.imagesOf(),
    podLog: (podId, options, signal) => core.podLog(podId, options, signal),
    latency: (filter) => core.latency(filter),
    useCases: {
      ...core.useCases,
      openSession: (asking, command, caller) => {
        asked.push(`${asking.viewer.tenantId}/${command.application}`)
        for (const { count, done } of waiting) if (asked.length >= count) done()
        return core.useCases.openSession(asking, command, caller)
      },
    },
  }
  const reached = (count: number): Promise<void> => new Promise((done) => waiting.push({ count, done }))
  return { core, port, asked, reached }
}
