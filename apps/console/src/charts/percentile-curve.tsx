/** How long so many percent of sessions took at most. Both axes are logarithmic, so that the slow ones are seen. */
import { formatMs } from '../format/duration.ts'

export type CurvePoint = { readonly percent: number; readonly latencyMs: number }

const WIDTH = 540
const HEIGHT = 230
const LEFT = 52
const BOTTOM = 20
/** 99.99 %: beyond it there are hardly ever enough sessions. */
const NINES_MAX = 4
const PERCENTS = [50, 90, 99, 99.9, 99.99] as const

export function PercentileCurve({ points }: { readonly points: readonly CurvePoint[] }) {
  const shown = points.filter(({ percent, latencyMs }) => percent < 100 && latencyMs > 0)
  const low = Math.min(...shown.map(({ latencyMs }) => latencyMs), 1)
  const high = Math.max(...shown.map(({ latencyMs }) => latencyMs), 10)
  const floor = Math.floor(Math.log10(low))
  const ceiling = Math.max(floor + 1, Math.ceil(Math.log10(high)))
  const x = (percent: number): number => LEFT + (Math.min(NINES_MAX, ninesOf(percent)) / NINES_MAX) * (WIDTH - LEFT - 8)
  const y = (ms: number): number => 8 + (1 - (Math.log10(ms) - floor) / (ceiling - floor)) * (HEIGHT - BOTTOM - 8)
  const path = shown.map(({ percent, latencyMs }) => `${x(percent).toFixed(1)} ${y(latencyMs).toFixed(1)}`)
  const decades = Array.from({ length: ceiling - floor + 1 }, (_, index) => 10 ** (floor + index))
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={wordsOf(shown)} className="w-full">
      {decades.map((ms) => (
        <g key={ms}>
          <line x1={LEFT} x2={WIDTH - 8} y1={y(ms)} y2={y(ms)} stroke="var(--line)" />
          <text x={LEFT - 6} y={y(ms) + 3.5} textAnchor="end" fontSize={11} fill="var(--text-faint)">
            {formatMs(ms)}
          </text>
        </g>
      ))}
      {PERCENTS.map((percent) => (
        <g key={percent}>
          <line x1={x(percent)} x2={x(percent)} y1={8} y2={HEIGHT - BOTTOM} stroke="var(--line)" />
          <text x={x(percent)} y={HEIGHT - 5} textAnchor="middle" fontSize={11} fill="var(--text-faint)">
            {percent} %
          </text>
        </g>
      ))}
      {path.length > 1 && <path d={`M${path.join(' L')}`} fill="none" stroke="var(--ember)" strokeWidth={1.75} />}
    </svg>
  )
}

/** 0 at 0 %, 1 at 90 %, 2 at 99 %. */
function ninesOf(percent: number): number {
  return -Math.log10(Math.max(1e-9, 1 - percent / 100))
}

function wordsOf(points: readonly CurvePoint[]): string {
  const at = PERCENTS.flatMap((wanted) => {
    const point = points.find(({ percent }) => percent >= wanted)
    return point === undefined ? [] : [`${wanted} % in ${formatMs(point.latencyMs)}`]
  })
  return `Percentile curve: ${at.join(', ') || 'nothing measured'}`
}
