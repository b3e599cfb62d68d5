/** Whether the fleet is all right, and if not, what is wrong and where to look. Pure. */
import { formatCount, plural } from '../format/quantity.ts'
import type { ApplicationRowFragment, NodeRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'

export type Trouble = { readonly tone: 'danger' | 'warn'; readonly text: string; readonly path: string }

/** The worst first; empty when all is as it was asked to be. */
export function troublesOf(
  nodes: readonly Pick<NodeRowFragment, 'name' | 'phase'>[],
  applications: readonly Pick<ApplicationRowFragment, 'name' | 'problem' | 'waitingSessionCount'>[],
): readonly Trouble[] {
  const lost = nodes.filter(({ phase }) => phase === 'LOST')
  const silent = nodes.filter(({ phase }) => phase === 'DISCONNECTED')
  const waiting = applications.reduce((sum, { waitingSessionCount }) => sum + waitingSessionCount, 0)
  const troubles: (Trouble | null)[] = [
    nodes.length === 0
      ? { tone: 'danger', text: 'No node has joined: no session can open.', path: paths.nodes() }
      : null,
    lost.length > 0 ? { tone: 'danger', text: `${namesOf(lost)} lost.`, path: paths.nodes() } : null,
    ...applications.flatMap(({ name, problem }) =>
      problem === null
        ? []
        : [
            {
              tone: 'danger',
              text: `${name}: ${problem.message.replace(/\.$/, '')}.`,
              path: paths.application(name),
            } as const,
          ],
    ),
    silent.length > 0 ? { tone: 'warn', text: `${namesOf(silent)} disconnected.`, path: paths.nodes() } : null,
    waiting > 0
      ? {
          tone: 'warn',
          text: `${plural(waiting, 'session')} waiting for a pod.`,
          path: paths.sessions({ phases: ['PENDING'] }),
        }
      : null,
  ]
  return troubles.filter((trouble) => trouble !== null)
}

const NAMES_MAX = 3

function namesOf(nodes: readonly { readonly name: string }[]): string {
  const names = nodes.slice(0, NAMES_MAX).map(({ name }) => name)
  const more = nodes.length - names.length
  const list = more > 0 ? `${names.join(', ')} and ${formatCount(more)} more` : names.join(', ')
  return `${list} ${nodes.length === 1 ? 'is' : 'are'}`
}
