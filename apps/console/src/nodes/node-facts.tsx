'use client'
/** What there is to know of a node beside its capacity. */
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { RelativeTime } from '../time/relative-time.tsx'
import type { Fact } from '../ui/facts.tsx'

export function factsOfNode(node: NodeRowFragment): readonly Fact[] {
  const { address, agentVersion, runtimes, labels, taints, joinedAt, lastHeardAt, drainDeadline } = node
  return [
    [
      'Address',
      <code key="address" className="font-mono text-xs">
        {address}
      </code>,
    ],
    ['Agent', agentVersion],
    ...runtimes.map(({ name, isolation }): Fact => [`Runtime ${name}`, `isolation ${isolation.toLowerCase()}`]),
    ...labels.map(({ name, value }): Fact => [name, value]),
    ...taints.map(({ key, value, effect }): Fact => [`Taint ${key}`, value === '' ? effect : `${value} · ${effect}`]),
    ['Joined', <RelativeTime key="joined" at={joinedAt} />],
    ['Last heard', lastHeardAt === null ? 'not yet' : <RelativeTime key="heard" at={lastHeardAt} />],
    ...(drainDeadline === null ? [] : [['Sessions end', <RelativeTime key="drain" at={drainDeadline} />] as const]),
  ]
}
