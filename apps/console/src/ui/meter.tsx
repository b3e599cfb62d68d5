/** A capacity, how much of it is booked, and how much is really used. The words say it too. */
export type MeterProps = {
  /** What is measured, for those who cannot see the bar. */
  readonly label: string
  readonly booked: number
  readonly capacity: number
  readonly used: number | null
  /** A quantity in words, as in `1.5 GiB`. */
  readonly format: (quantity: number) => string
}

const NEARLY_FULL = 0.9

export function Meter({ label, booked, capacity, used, format }: MeterProps) {
  const text = `${outOf(format(booked), format(capacity))}${used === null ? '' : ` · uses ${format(used)}`}`
  const share = portion(booked, capacity)
  return (
    <div className="flex flex-col gap-1">
      <span className="whitespace-nowrap text-xs">{text}</span>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={capacity}
        aria-valuenow={booked}
        aria-valuetext={text}
        className="relative h-1.5 w-full overflow-hidden rounded-full bg-line"
      >
        <div
          className={`h-full rounded-full ${share >= NEARLY_FULL ? 'bg-fill-starting' : 'bg-fill-ready'}`}
          style={{ width: percent(share) }}
        />
        {used !== null && (
          <div
            className="absolute top-0 h-full w-0.5 bg-text"
            style={{ left: `calc(${percent(portion(used, capacity))} - 1px)` }}
          />
        )}
      </div>
    </div>
  )
}

/** `2.5 of 23.5 GiB`: a unit that both have is said once. */
function outOf(part: string, whole: string): string {
  const [number = part, unit] = part.split(' ')
  return unit !== undefined && whole.endsWith(` ${unit}`) ? `${number} of ${whole}` : `${part} of ${whole}`
}

function portion(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}
