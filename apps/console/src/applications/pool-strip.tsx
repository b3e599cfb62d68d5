/** The pods of an application as squares while they fit, and as a bar of shares when there are more. */
import { formatCount } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'

type PoolCounts = ApplicationRowFragment['pool']
type Kind = { readonly name: string; readonly fill: string; readonly of: (pool: PoolCounts) => number }

/** In the order of usefulness: what can be taken at once comes first. */
export const POD_KINDS: readonly Kind[] = [
  { name: 'standby', fill: 'bg-fill-ready', of: (pool) => pool.standby },
  { name: 'hibernated', fill: 'bg-fill-asleep', of: (pool) => pool.hibernated },
  { name: 'creating', fill: 'bg-fill-starting', of: (pool) => pool.creating },
  { name: 'active', fill: 'bg-fill-busy', of: (pool) => pool.active },
  { name: 'pending', fill: 'bg-fill-waiting', of: (pool) => pool.pending },
  { name: 'terminating', fill: 'bg-fill-leaving', of: (pool) => pool.terminating },
]

const SQUARES_MAX = 40

export function PoolStrip({ pool, label }: { readonly pool: PoolCounts; readonly label: string }) {
  const kinds = POD_KINDS.map(({ name, fill, of }) => ({ name, fill, count: of(pool) })).filter(
    ({ count }) => count > 0,
  )
  const words = kinds.map(({ name, count }) => `${formatCount(count)} ${name}`).join(', ')
  if (pool.total === 0) return <span className="text-faint">no pods</span>
  return (
    <div role="img" aria-label={`${label}: ${words}`} title={words} className="flex w-full items-center">
      {pool.total <= SQUARES_MAX ? (
        <div className="flex flex-wrap gap-[3px]">
          {kinds.flatMap(({ name, fill, count }) =>
            Array.from({ length: count }, (_, index) => (
              <span key={`${name}${index}`} className={`size-2.5 rounded-[3px] ${fill}`} />
            )),
          )}
        </div>
      ) : (
        <div className="flex h-2.5 w-full gap-px overflow-hidden rounded-[3px]">
          {kinds.map(({ name, fill, count }) => (
            <span key={name} className={fill} style={{ flexGrow: count, minWidth: '3px' }} />
          ))}
        </div>
      )}
    </div>
  )
}

/** What the colours mean. */
export function PoolLegend() {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
      {POD_KINDS.map(({ name, fill }) => (
        <li key={name} className="inline-flex items-center gap-1.5">
          <span className={`size-2.5 rounded-[3px] ${fill}`} aria-hidden />
          {name}
        </li>
      ))}
    </ul>
  )
}
