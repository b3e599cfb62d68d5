'use client'
/** Every application's pods at a glance, the hungriest first. */
import { wantedIdle } from '../applications/policy-words.ts'
import { PoolLegend, PoolStrip } from '../applications/pool-strip.tsx'
import { shortfallOf } from '../applications/shortfall.ts'
import { formatCount } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { paths } from '../path-builder.ts'
import { Icon } from '../ui/icon.tsx'
import { ListLink } from '../ui/list-link.tsx'

const SHOWN_MAX = 12

export function WarmPools({ applications }: { readonly applications: readonly ApplicationRowFragment[] }) {
  const shown = applications
    .toSorted((a, b) => shortfallOf(b) - shortfallOf(a) || a.name.localeCompare(b.name))
    .slice(0, SHOWN_MAX)
  const more = applications.length - shown.length
  return (
    <>
      <ul>
        {shown.map((application) => (
          <PoolRow key={application.id} application={application} />
        ))}
      </ul>
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5">
        <PoolLegend />
        {more > 0 && (
          <ListLink href={paths.pools()} className="text-xs text-soft underline">
            {formatCount(more)} more
          </ListLink>
        )}
      </div>
    </>
  )
}

function PoolRow({ application }: { readonly application: ApplicationRowFragment }) {
  const { name, pool, problem, scalingPolicy } = application
  const idle = pool.standby + pool.hibernated
  const wanted = wantedIdle(scalingPolicy, pool.total)
  // What is on its way is no shortage yet.
  const isShort = shortfallOf(application) > pool.creating
  return (
    <li className="grid grid-cols-[minmax(6rem,11rem)_1fr_6.5rem] items-center gap-4 border-b border-line/60 px-4 py-2">
      <ListLink
        href={paths.application(name)}
        className="flex min-w-0 items-center gap-1.5 font-medium hover:underline"
      >
        {problem !== null && <Icon name="warning" className="text-danger" />}
        <span className="truncate">{name}</span>
        {problem !== null && <span className="sr-only">has a problem</span>}
      </ListLink>
      <PoolStrip pool={pool} label={`Pods of ${name}`} />
      <span className={`text-right whitespace-nowrap ${isShort ? 'font-medium text-warn' : 'text-soft'}`}>
        {formatCount(idle)}
        {wanted !== null && <span className={isShort ? '' : 'text-faint'}> of {formatCount(wanted)}</span>} idle
      </span>
    </li>
  )
}
