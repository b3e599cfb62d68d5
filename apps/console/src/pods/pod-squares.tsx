/** Pods as squares by phase while they fit, as shares when there are more. The table below says each of them. */
import { formatCount, plural } from '../format/quantity.ts'
import type { PodRowFragment } from '../graphql/generated/documents.ts'
import { POD_PHASES, POD_PHASES_IN_ORDER } from './pod-words.ts'

const SQUARES_MAX = 600

export function PodSquares({ pods, label }: { readonly pods: readonly PodRowFragment[]; readonly label: string }) {
  const groups = POD_PHASES_IN_ORDER.map((phase) => ({
    phase,
    ...POD_PHASES[phase],
    pods: pods.filter((pod) => pod.phase === phase),
  })).filter((group) => group.pods.length > 0)
  const words = groups.map(({ word, pods: members }) => `${formatCount(members.length)} ${word.toLowerCase()}`)
  return (
    <div className="flex flex-col gap-3 p-4">
      <div
        role="img"
        aria-label={`${label}: ${words.join(', ') || 'none'}`}
        className={pods.length <= SQUARES_MAX ? 'flex flex-wrap gap-1' : 'flex h-4 gap-px overflow-hidden rounded'}
      >
        {groups.map(({ phase, fill, pods: members }) =>
          pods.length <= SQUARES_MAX ? (
            members.map((pod) => (
              <span
                key={pod.id}
                title={`${pod.id} of ${pod.applicationName}, ${phase.toLowerCase()}`}
                className={`size-3.5 rounded-[3px] ${fill}`}
              />
            ))
          ) : (
            <span key={phase} className={fill} style={{ flexGrow: members.length, minWidth: '4px' }} />
          ),
        )}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
        {groups.map(({ phase, fill, word, pods: members }) => (
          <li key={phase} className="inline-flex items-center gap-1.5">
            <span className={`size-2.5 rounded-[3px] ${fill}`} aria-hidden />
            {formatCount(members.length)} {word.toLowerCase()}
          </li>
        ))}
        {pods.length === 0 && <li>{plural(0, 'pod')}</li>}
      </ul>
    </div>
  )
}
