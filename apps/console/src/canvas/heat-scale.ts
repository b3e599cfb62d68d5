/**
 * Sixty-four colours from nothing to full, for maps on canvas. Lightness moves away from the background all the
 * way, and the hue goes from blue to ember, so that eyes without red or green see the same order. Pure.
 */

export const STEPS = 64
/** The step of what is not known. */
export const UNKNOWN_STEP = 255

type Stop = readonly [lightness: number, a: number, b: number]

const STOPS: Readonly<Record<'dark' | 'light', readonly [Stop, ...Stop[]]>> = {
  dark: [
    [0.3, -0.005, -0.03],
    [0.45, -0.02, -0.075],
    [0.6, 0.02, -0.02],
    [0.76, 0.075, 0.1],
    [0.92, 0.01, 0.12],
  ],
  light: [
    [0.915, -0.005, -0.018],
    [0.78, -0.03, -0.07],
    [0.66, 0.03, 0.02],
    [0.52, 0.1, 0.09],
    [0.36, 0.09, 0.06],
  ],
}

/** The colours of a theme, from the lowest to the highest. */
export function heatColours(theme: 'dark' | 'light'): readonly string[] {
  return Array.from({ length: STEPS }, (_, step) => colourAt(STOPS[theme], step / (STEPS - 1)))
}

/** Which of the steps a share of the scale is; above the scale is the last. */
export function stepOf(share: number | null): number {
  if (share === null || Number.isNaN(share)) return UNKNOWN_STEP
  return Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)))
}

function colourAt(stops: readonly [Stop, ...Stop[]], share: number): string {
  const place = share * (stops.length - 1)
  const [from] = stops.slice(Math.floor(place))
  const before = from ?? stops[0]
  const after = stops[Math.ceil(place)] ?? before
  const part = place - Math.floor(place)
  const mix = (index: 0 | 1 | 2): string => (before[index] + (after[index] - before[index]) * part).toFixed(4)
  return `oklab(${mix(0)} ${mix(1)} ${mix(2)})`
}
