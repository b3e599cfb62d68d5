/**
 * A small GraphQL server over real sockets, for tests of clients: it executes the real schema, with the resolvers that
 * a test gives it, and can be killed and started again on its port.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { buildSchema, execute, graphql, subscribe, validate, type GraphQLSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const SCHEMA_FOLDER = resolve(import.meta.dirname, '../../../apps/core/src/graphql/schema')

/** The core's own schema. */
export function readSchema(): GraphQLSchema {
  const files = readdirSync(SCHEMA_FOLDER).filter((name) => name.endsWith('.graphql'))
  return buildSchema(files.map((name) => readFileSync(join(SCHEMA_FOLDER, name), 'utf8')).join('\n'))
}

/** Root fields by name, as graphql-js calls them: with the arguments first. */
export type Root = Readonly<Record<string, object>>

export type TestServer = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** How many sockets are open. */
  readonly socketCount: () => number
  /** As `kill -9` does: every connection is cut, nothing is said. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Keeps every socket open, and reads and answers nothing any more: as a machine that is gone. */
  fallSilent(): void
}

export type TestServerOptions = { readonly root: Root; readonly token?: string }

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const schema = readSchema()
  let running: Running | null = await listen(schema, options, 0)
  const { port } = running
  const kill = async (): Promise<void> => {
    await running?.kill()
    running = null
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    socketCount: () => running?.sockets.clients.size ?? 0,
    kill,
    fallSilent: () => running?.sockets.clients.forEach((socket) => socket.pause()),
    start: async () => {
      running ??= await listen(schema, options, port)
    },
    [Symbol.asyncDispose]: kill,
  }
}

type Running = { readonly port: number; readonly sockets: WebSocketServer; readonly kill: () => Promise<void> }

async function listen(schema: GraphQLSchema, options: TestServerOptions, port: number): Promise<Running> {
  const http = createServer((request, response) => void answer(schema, options, request, response))
  const sockets = new WebSocketServer({ server: http, path: '/graphql' })
  const expected = options.token === undefined ? undefined : `Bearer ${options.token}`
  const isAllowed = (given: unknown): boolean => expected === undefined || given === expected
  const root = { ...options.root }
  // The functions are handed over, so that there is one graphql-js also where a test runner would load it twice.
  const functions = { execute, subscribe, validate }
  const roots = { subscription: root, query: root, mutation: root }
  const ws = useServer({ schema, roots, onConnect, ...functions }, sockets)
  // As the core does: browsers come through a proxy that can only add a header to the upgrade.
  function onConnect(context: ConnectContext): boolean {
    return isAllowed(context.connectionParams?.['authorization'] ?? context.extra.request.headers.authorization)
  }
  await new Promise<void>((done) => http.listen(port, '127.0.0.1', done))
  return { port: addressOf(http).port, sockets, kill: () => killServer(http, sockets, ws) }
}

type ConnectContext = {
  readonly connectionParams?: Readonly<Record<string, unknown>> | undefined
  readonly extra: { readonly request: IncomingMessage }
}

async function killServer(http: Server, sockets: WebSocketServer, ws: { dispose(): unknown }): Promise<void> {
  for (const socket of sockets.clients) socket.terminate()
  http.closeAllConnections()
  await new Promise((done) => http.close(done))
  await ws.dispose()
}

async function answer(
  schema: GraphQLSchema,
  { root, token }: TestServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
    return send(response, 401, { errors: [{ message: 'no such token', extensions: { code: 'UNAUTHENTICATED' } }] })
  const { query, variables } = JSON.parse(await textOf(request)) as {
    query: string
    variables: Record<string, unknown>
  }
  const result = await graphql({ schema, source: query, variableValues: variables, rootValue: root })
  send(response, result.data === undefined ? 400 : 200, result)
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/graphql-response+json' }).end(JSON.stringify(body))
}

function addressOf(server: Server): AddressInfo {
  return server.address() as AddressInfo
}
