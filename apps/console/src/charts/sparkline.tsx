/** A line without axes: whether a number goes up or down. The number itself stands beside it. */
export type SparklineProps = {
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** Drawn as a line when it is near enough to the values to say something. */
  readonly goal?: number | null
}

const WIDTH = 100
const HEIGHT = 28
const INSET = 2

export function Sparkline({ points, goal = null }: SparklineProps) {
  const top = topOf(points)
  const path = sparklinePath(points)
  const isGoalNear = goal !== null && points.length > 1 && goal <= top
  return (
    <svg aria-hidden viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-7 w-full text-ember">
      {path !== '' && (
        <>
          <path d={`${path} L${WIDTH} ${HEIGHT} L0 ${HEIGHT} Z`} fill="currentColor" opacity={0.1} />
          <path
            d={path}
            fill="none"
            stroke="currentColor"
            strokeWidth={1.4}
            vectorEffect="non-scaling-stroke"
            strokeLinejoin="round"
          />
        </>
      )}
      {isGoalNear && (
        <line
          x1={0}
          x2={WIDTH}
          y1={downOf(goal, top)}
          y2={downOf(goal, top)}
          stroke="var(--line-strong)"
          strokeDasharray="3 3"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  )
}

/** From left to right over the whole width, from zero up. Empty for fewer than two points. */
export function sparklinePath(points: SparklineProps['points']): string {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || last.x <= first.x) return ''
  const top = topOf(points)
  const at = ({ x, y }: { readonly x: number; readonly y: number }): string => {
    const across = ((x - first.x) / (last.x - first.x)) * WIDTH
    return `${across.toFixed(1)} ${downOf(y, top).toFixed(1)}`
  }
  return `M${points.map(at).join(' L')}`
}

function topOf(points: SparklineProps['points']): number {
  return Math.max(1, ...points.map(({ y }) => y))
}

function downOf(y: number, top: number): number {
  return HEIGHT - INSET - (y / top) * (HEIGHT - 2 * INSET)
}
