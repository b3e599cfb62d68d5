/** What a node has: booked, used and free, each in the bar and in words. */
import { formatBytes, formatCount, formatCpus } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'

type Row = NodeRowFragment
type Bar = {
  readonly name: string
  readonly booked: number
  readonly used: number | null
  readonly capacity: number
  readonly format: (quantity: number) => string
}

export function CapacityBars({ node }: { readonly node: Row }) {
  const { booked, capacity, cpuMillisUsed, memoryBytesUsed, podCount } = node
  const bars: readonly Bar[] = [
    { name: 'CPU', booked: booked.cpuMillis, used: cpuMillisUsed, capacity: capacity.cpuMillis, format: formatCpus },
    {
      name: 'Memory',
      booked: booked.memoryBytes,
      used: memoryBytesUsed,
      capacity: capacity.memoryBytes,
      format: formatBytes,
    },
    { name: 'Pods', booked: booked.pods, used: podCount, capacity: capacity.pods, format: formatCount },
  ]
  return (
    <div className="flex flex-col gap-4 p-4">
      {bars.map((bar) => (
        <CapacityBar key={bar.name} bar={bar} />
      ))}
    </div>
  )
}

function CapacityBar({ bar }: { readonly bar: Bar }) {
  const { name, booked, used, capacity, format } = bar
  const free = Math.max(0, capacity - booked)
  const words = `${format(booked)} booked, ${used === null ? 'use not known' : `${format(used)} used`}, ${format(free)} free of ${format(capacity)}`
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-3">
        <span className="font-medium">{name}</span>
        <span className="text-xs text-soft">
          {shareText(booked, capacity)} of {format(capacity)} booked
        </span>
      </div>
      <div
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={capacity}
        aria-valuenow={Math.min(booked, capacity)}
        aria-valuetext={words}
        className="relative h-3 overflow-hidden rounded bg-line"
      >
        <div className="h-full bg-fill-ready" style={{ width: percentOf(booked, capacity) }} />
        {used !== null && (
          <div
            className="absolute inset-x-0 bottom-0 h-1 bg-fill-starting"
            style={{ width: percentOf(used, capacity) }}
          />
        )}
      </div>
      <dl className="flex flex-wrap gap-x-4 text-xs text-soft">
        <Part fill="bg-fill-ready" name="booked" value={format(booked)} />
        <Part fill="bg-fill-starting" name="used" value={used === null ? 'not said' : format(used)} />
        <Part fill="bg-line" name="free" value={format(free)} />
      </dl>
    </div>
  )
}

function Part({ fill, name, value }: { readonly fill: string; readonly name: string; readonly value: string }) {
  return (
    <div className="inline-flex items-center gap-1.5">
      <span aria-hidden className={`size-2 rounded-[2px] ${fill}`} />
      <dt className="text-faint">{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function percentOf(part: number, whole: number): string {
  return `${(whole > 0 ? Math.min(1, part / whole) * 100 : 0).toFixed(1)}%`
}

function shareText(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((part / whole) * 100)} %` : '–'
}
