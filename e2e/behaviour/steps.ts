/** What tests do to a cluster, in the words of its users. */
import {
  ApplicationDocument,
  CloseSessionDocument,
  ComputeNodesDocument,
  CreateApplicationDocument,
  DeleteApplicationDocument,
  OpenSessionDocument,
  OpenSessionsDocument,
  PodsDocument,
  SessionDocument,
  SessionsDocument,
  UpdateScalingPolicyDocument,
  type ApplicationQuery,
  type ComputeNodesQuery,
  type CreateApplicationInput,
  type OpenSessionInput,
  type OpenSessionMutation,
  type PodsQuery,
  type ScalingPolicyInput,
  type SessionQuery,
  type SessionsQuery,
} from '@fornax/client/generated/documents'
import { ROOT, type Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'

export type Application = NonNullable<ApplicationQuery['application']>
export type Opened = OpenSessionMutation['openSession']
export type Session = NonNullable<SessionQuery['session']>
export type Pod = PodsQuery['page']['edges'][number]['node']

const SMALL = { cpuMillis: 1, memoryBytes: 1024 * 1024 }

/** An application that does nothing, and so starts at once: for whatever concerns pods and not what they do. */
export const sleeper = {
  image: 'host',
  command: ['sleep', '86400'],
  resources: SMALL,
} satisfies CreateApplicationInput['version']

/** The example that speaks through the session service. */
export const hello = {
  image: 'host',
  command: [process.execPath, `${ROOT}/examples/hello/src/main.ts`],
  ports: [{ name: 'web', containerPort: 8080 }],
  usesSessionService: true,
  resources: SMALL,
} satisfies CreateApplicationInput['version']

/** The example that knows nothing of Fornax. */
export const plain = {
  image: 'host',
  command: [process.execPath, `${ROOT}/examples/plain/src/main.ts`],
  ports: [{ name: 'web', containerPort: 8080 }],
  readiness: { http: { portName: 'web', path: '/healthz' } },
  resources: SMALL,
} satisfies CreateApplicationInput['version']

export async function create(
  { client }: Cluster,
  name: string,
  version: CreateApplicationInput['version'],
  scalingPolicy: ScalingPolicyInput,
): Promise<Application> {
  const { createApplication } = await client.request(CreateApplicationDocument, {
    input: { name, version, scalingPolicy },
  })
  if (!createApplication.application) throw new Error(createApplication.problem?.message ?? 'no application')
  return createApplication.application
}

export async function application({ client }: Cluster, name: string): Promise<Application> {
  const answer = await client.request(ApplicationDocument, { name })
  if (!answer.application) throw new Error(`there is no application ${name}`)
  return answer.application
}

export async function setPolicy({ client }: Cluster, name: string, scalingPolicy: ScalingPolicyInput): Promise<void> {
  const input = { application: name, scalingPolicy }
  const { updateScalingPolicy } = await client.request(UpdateScalingPolicyDocument, { input })
  if (updateScalingPolicy.problem) throw new Error(updateScalingPolicy.problem.message)
}

export async function remove({ client }: Cluster, name: string): Promise<void> {
  const { deleteApplication } = await client.request(DeleteApplicationDocument, { input: { application: name } })
  if (deleteApplication.problem) throw new Error(deleteApplication.problem.message)
}

export async function open({ client }: Cluster, name: string, input: Partial<OpenSessionInput> = {}): Promise<Opened> {
  return (await client.request(OpenSessionDocument, { input: { application: name, ...input } })).openSession
}

/** Opens a session, and insists that it is available. */
export async function opened(cluster: Cluster, name: string, input: Partial<OpenSessionInput> = {}): Promise<Session> {
  const { session: one, problem } = await open(cluster, name, input)
  if (one?.phase !== 'AVAILABLE') throw new Error(`${one?.phase} ${one?.closeReason}: ${problem?.message}`)
  return one
}

export async function close({ client }: Cluster, id: string): Promise<void> {
  const { closeSession } = await client.request(CloseSessionDocument, { input: { id } })
  if (closeSession.problem) throw new Error(closeSession.problem.message)
}

export async function session({ client }: Cluster, id: string): Promise<Session> {
  const answer = await client.request(SessionDocument, { id })
  if (!answer.session) throw new Error(`there is no session ${id}`)
  return answer.session
}

/** The pods of an application that have not failed. */
export async function pods(cluster: Cluster, name: string): Promise<readonly Pod[]> {
  const all = await allPods(cluster)
  return all.filter(({ applicationName, phase }) => applicationName === name && phase !== 'FAILED')
}

/** Every pod of the fleet. */
export async function allPods({ client }: Cluster): Promise<readonly Pod[]> {
  return (await client.request(PodsDocument, { first: 500 })).page.edges.map(({ node }) => node)
}

/** Waits until the pool holds so many standby pods, and nothing is on its way. */
export function idle(cluster: Cluster, name: string, standby: number): Promise<Application> {
  return eventually(
    () => application(cluster, name),
    ({ pool }) => pool.standby === standby && pool.creating + pool.pending + pool.terminating === 0,
  )
}

/** The ids of so many new sessions, in the order in which they asked. */
export async function openMany({ client }: Cluster, name: string, count: number): Promise<readonly string[]> {
  const sessions = Array.from({ length: count }, (_, index) => ({
    application: name,
    wait: 'NONE' as const,
    openTimeoutMs: 120_000,
    labels: [{ name: 'order', value: String(index) }],
  }))
  const { openSessions } = await client.request(OpenSessionsDocument, { input: { sessions } })
  return openSessions.results.map((result) => result.session?.id ?? '')
}

/** The last sessions of an application, as they are now. */
export async function sessionsOf({ client }: Cluster, name: string): Promise<readonly SessionItem[]> {
  const { page } = await client.request(SessionsDocument, { first: 500, where: { application: name } })
  return page.edges.map(({ node }) => node)
}

export type SessionItem = SessionsQuery['page']['edges'][number]['node']

/** Every node of the fleet. */
export async function nodes({ client }: Cluster): Promise<readonly ComputeNode[]> {
  return (await client.request(ComputeNodesDocument, {})).page.edges.map(({ node }) => node)
}

export type ComputeNode = ComputeNodesQuery['page']['edges'][number]['node']
