/** Whether a fault has cost anything: what clients were told, against what the API says and what really runs. */
import { SessionsDocument, type ScalingPolicyInput, type SessionsQuery } from '@fornax/client/generated/documents'
import type { Cluster } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { allPods, application, nodes, type SessionItem } from '../steps.ts'
import { KEY_LABEL, type Answer } from './client-load.ts'
import { realPodsOf } from './real-pods.ts'

/** Which ends, beside those that clients asked for, are true to what was done to the cluster. */
export type Honest = {
  /** Nodes that were away for longer than their lease. */
  readonly lostNodes: readonly string[]
}

export type Pool = Required<Pick<ScalingPolicyInput, 'maxPods' | 'idleCount'>>

const SETTLED_WITHIN_MS = 60_000
const PAGE = 500
const SHOWN_MAX = 10

/** Waits until nothing is on its way any more, and what really runs is what the API says. */
export async function settled(cluster: Cluster, name: string, pool: Pool): Promise<void> {
  await eventually(
    () => restlessness(cluster, name, pool),
    (reasons) => reasons.length === 0,
    SETTLED_WITHIN_MS,
  )
}

/** Why a cluster is not at rest; nothing: it is. */
async function restlessness(cluster: Cluster, name: string, { maxPods, idleCount }: Pool): Promise<readonly string[]> {
  try {
    const { pool, waitingSessionCount, sessionCount } = await application(cluster, name)
    const onTheWay = await sessionsIn(cluster, name, ['PENDING', 'STARTING', 'CLOSING'])
    const inTransit = pool.pending + pool.creating + pool.terminating
    const { low, high } = idleCount ?? { low: 0, high: 0 }
    const isIdleRight = pool.standby <= high && pool.standby >= Math.min(low, maxPods - pool.active)
    return [
      ...(await nodes(cluster)).flatMap(({ name: node, phase }) => (phase === 'READY' ? [] : [`${node} is ${phase}`])),
      ...(inTransit > 0 ? [`${inTransit} pods come or go`] : []),
      ...(isIdleRight ? [] : [`${pool.standby} pods are idle`]),
      ...(pool.active === sessionCount ? [] : [`${pool.active} pods serve ${sessionCount} sessions`]),
      ...(waitingSessionCount + onTheWay.length > 0 ? [`${onTheWay.length} sessions are on their way`] : []),
      ...(await strangers(cluster)),
    ]
  } catch (error) {
    return [`the API does not answer: ${String(error)}`]
  }
}

/** Where what runs on a node is not what the API says that runs there. */
async function strangers(cluster: Cluster): Promise<readonly string[]> {
  const known = (await allPods(cluster)).filter(({ phase }) => phase !== 'FAILED' && phase !== 'TERMINATED')
  return cluster.nodeNames.flatMap((node) => {
    const real = [...realPodsOf(cluster.folderOf(node)).keys()]
    const said = known.filter(({ nodeName }) => nodeName === node).map(({ id }) => id)
    return [
      ...real.filter((id) => !said.includes(id)).map((id) => `${id} runs on ${node}, which nobody knows of`),
      ...said.filter((id) => !real.includes(id)).map((id) => `${id} does not run on ${node}`),
    ]
  })
}

/** What became of the sessions that clients were told of. */
export type SessionsVerdict = {
  /** Still open, and served by a pod that really runs. */
  readonly open: number
  /** Closed with a reason that is true, by reason. */
  readonly closed: Readonly<Record<string, number>>
  /** Answers that do not hold. */
  readonly lost: number
  /** What is wrong with the first of them. */
  readonly lostHow: readonly string[]
}

/** Compares every answer with what the API says now, in a cluster at rest. */
export async function judgeSessions(
  cluster: Cluster,
  name: string,
  { answers, honest }: { readonly answers: readonly Answer[]; readonly honest: Honest },
): Promise<SessionsVerdict> {
  const sessions = await sessionsIn(cluster, name, [])
  const byId = new Map(sessions.map((session) => [session.id, session]))
  const byKey = Map.groupBy(sessions, keyOf)
  const real = new Set(cluster.nodeNames.flatMap((node) => [...realPodsOf(cluster.folderOf(node)).keys()]))
  const closed: Record<string, number> = {}
  const lost: string[] = []
  let open = 0
  for (const answer of answers) {
    const session = byId.get(answer.sessionId)
    const why = session === undefined ? 'nobody knows of it' : brokenPromise(answer, session, { real, honest })
    if (why !== null) lost.push(`${answer.sessionId}: ${why}`)
    else if (session?.phase !== 'CLOSED') open += 1
    else closed[session.closeReason ?? ''] = (closed[session.closeReason ?? ''] ?? 0) + 1
    const twins = byKey.get(answer.key)?.length ?? 0
    if (twins > 1) lost.push(`${answer.sessionId}: ${twins} sessions have its key`)
  }
  return { open, closed, lost: lost.length, lostHow: lost.slice(0, SHOWN_MAX) }
}

/** Why an answer does not hold; null: it does. */
function brokenPromise(
  answer: Answer,
  session: SessionItem,
  { real, honest }: { readonly real: ReadonlySet<string>; readonly honest: Honest },
): string | null {
  const { phase, closeReason, nodeName, podId } = session
  if (phase !== 'CLOSED') {
    if (answer.closeReason !== null) return `it is ${phase}, though its client was told ${answer.closeReason}`
    if (answer.close === 'answered') return `it is ${phase}, though its client was told that it closes`
    return real.has(podId ?? '') ? null : `it is ${phase}, and its pod ${podId} does not run`
  }
  if (answer.closeReason !== null)
    return closeReason === answer.closeReason
      ? null
      : `${closeReason}, though its client was told ${answer.closeReason}`
  if (closeReason === 'REQUESTED' && answer.close !== 'notAsked') return null
  if (closeReason === 'NODE_LOST' && honest.lostNodes.includes(nodeName ?? '')) return null
  return `it was closed with ${closeReason}`
}

function keyOf({ labels }: SessionItem): string {
  return labels.find(({ name }) => name === KEY_LABEL)?.value ?? ''
}

async function sessionsIn(
  { client }: Cluster,
  name: string,
  phases: readonly SessionItem['phase'][],
): Promise<readonly SessionItem[]> {
  const found: SessionItem[] = []
  let after: string | null = null
  do {
    const where = { application: name, ...(phases.length === 0 ? {} : { phases: [...phases] }) }
    const { page }: SessionsQuery = await client.request(SessionsDocument, { first: PAGE, after, where })
    found.push(...page.edges.map(({ node }) => node))
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null
  } while (after !== null)
  return found
}
