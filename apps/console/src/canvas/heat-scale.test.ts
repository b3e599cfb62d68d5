import { expect, it } from 'vitest'
import { heatColours, STEPS, stepOf, UNKNOWN_STEP } from './heat-scale.ts'

it('has a colour for each step, always further from the background', () => {
  for (const theme of ['dark', 'light'] as const) {
    const lightness = heatColours(theme).map((colour) => Number(/oklab\(([\d.]+)/.exec(colour)?.[1]))
    expect(lightness).toHaveLength(STEPS)
    const rising = lightness.every((value, index) => index === 0 || value >= (lightness[index - 1] ?? 0))
    const falling = lightness.every((value, index) => index === 0 || value <= (lightness[index - 1] ?? 1))
    expect(theme === 'dark' ? rising : falling).toBe(true)
  }
})

it('knows the ends, what lies beyond them, and what is not known', () => {
  expect([0, 0.999, 1, 7, -1].map(stepOf)).toEqual([0, STEPS - 1, STEPS - 1, STEPS - 1, 0])
  expect([null, Number.NaN].map(stepOf)).toEqual([UNKNOWN_STEP, UNKNOWN_STEP])
})
