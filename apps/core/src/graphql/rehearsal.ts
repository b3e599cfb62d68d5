/**
 * A core that has just started has compiled nothing, and its first hundred calls, which after a restart come all at
 * once, take twice as long as the thousandth. So it calls itself first: over a socket, through a server of its own, as
 * somebody whom only that server knows, for a session of an application that is not there. That runs what every call
 * runs, up to the fleet's first answer; it changes nothing, and nothing of it is recorded.
 */
import { randomBytes } from 'node:crypto'
import { Agent, request, type ClientRequest } from 'node:http'
import type { Viewer } from '../tenants/tenant.ts'
import type { CorePort } from './core-port.ts'
import { startGraphqlServer } from './server.ts'

/** A call at a time on each line: whoever calls in earnest meanwhile waits for one of these at most. */
const LINES = 2
/** V8 has compiled a function with its optimizing compiler after some hundreds of calls. */
const CALLS_OF_EACH = 200
const HOST = '127.0.0.1'

const CALL = JSON.stringify({
  query: `mutation Rehearse($input: OpenSessionInput!) {
    openSession(input: $input) { session { id phase endpoints { url } } problem { __typename message } }
  }`,
  variables: { input: { application: 'rehearsal' } },
})

const NOTHING_MEASURED = { contentType: 'text/plain', text: async () => '' }

/** Rehearses, beside whatever else happens, until it is done or disposed. It never fails its core. */
export function startRehearsal(core: CorePort): AsyncDisposable {
  const stop = new AbortController()
  const rehearsed = rehearse(core, stop.signal).catch((cause: unknown) => {
    if (!stop.signal.aborted) core.log.warn({ err: cause }, 'the core could not rehearse: its first calls are slower')
  })
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await rehearsed
    },
  }
}

/** Resolves with how many calls were answered as they shall be. */
export async function rehearse(core: CorePort, signal: AbortSignal): Promise<number> {
  const token = randomBytes(32).toString('base64url')
  await using server = await startGraphqlServer(rehearsalPort(core, token), {
    host: HOST,
    port: 0,
    isProduction: true,
    metrics: NOTHING_MEASURED,
  })
  const agent = new Agent({ keepAlive: true, maxSockets: LINES })
  try {
    const lines = Array.from({ length: LINES }, async () => {
      let answered = 0
      for (let call = 0; call < CALLS_OF_EACH && !signal.aborted; call += 1)
        if ((await ask(server.port, { agent, token, signal })) === 200) answered += 1
      return answered
    })
    return (await Promise.all(lines)).reduce((sum, answered) => sum + answered, 0)
  } finally {
    agent.destroy()
  }
}

/** The core as it is, but for who may come, and that nobody writes down what they do. */
function rehearsalPort(core: CorePort, token: string): CorePort {
  const viewer: Viewer = { tokenId: 'rehearsal', tenantId: 'rehearsal', role: 'developer', name: 'rehearsal' }
  return {
    ...core,
    audit: { ...core.audit, record: () => undefined },
    tenants: { ...core.tenants, authenticate: (secret) => (secret === token ? viewer : null) },
  }
}

type Asking = { readonly agent: Agent; readonly token: string; readonly signal: AbortSignal }

/** The status of one answer. */
function ask(port: number, { agent, token, signal }: Asking): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(CALL),
    authorization: `Bearer ${token}`,
  }
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = request({ host: HOST, port, path: '/graphql', method: 'POST', agent, signal, headers })
    asked.on('error', reject)
    asked.on('response', (answer) => {
      answer.on('error', reject)
      answer.on('end', () => resolve(answer.statusCode ?? 0))
      answer.resume()
    })
    asked.end(CALL)
  })
}
