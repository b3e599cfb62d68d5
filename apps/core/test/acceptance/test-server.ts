/** A real server on a free port, over a core of tests, and plain clients for it. */
import { startGraphqlServer, type GraphqlServer, type GraphqlServerOptions } from '../../src/graphql/server.ts'
import type { Role } from '../../src/tenants/tenant.ts'
import { FakeCorePort } from './fake-core-port.ts'
import { secretOf } from './fake-tenants.ts'

export type TestServer = GraphqlServer & { readonly core: FakeCorePort }

export async function startTestServer(
  options: Partial<GraphqlServerOptions> & { readonly core?: FakeCorePort } = {},
): Promise<TestServer> {
  const core = options.core ?? new FakeCorePort()
  const metrics = { contentType: 'text/plain', text: async () => 'fornax_up 1\n' }
  const server = await startGraphqlServer(core, {
    host: '127.0.0.1',
    port: 0,
    isProduction: false,
    metrics,
    ...options,
  })
  return { ...server, core, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** The header that speaks for a role in a tenant. */
export function bearer(tenant: string, role: Role): string {
  return `Bearer ${secretOf(tenant, role)}`
}

/** What a test asked for, it knows the shape of: matchers look at it. */
export type Answer = {
  readonly status: number
  readonly data: Record<string, unknown> | undefined
  readonly errors: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[] | undefined
}

/** Asks over HTTP, as the operator of acme unless told otherwise. */
export async function ask(
  server: Pick<GraphqlServer, 'url'>,
  query: string,
  options: { readonly variables?: object; readonly authorization?: string; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  const { variables = {}, authorization = bearer('acme', 'operator'), signal } = options
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  })
  return { status: response.status, ...toBody(await response.json()) }
}

function toBody(body: unknown): Omit<Answer, 'status'> {
  const { data, errors } = Object(body)
  return { data, errors }
}
