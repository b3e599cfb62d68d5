import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const MAIN = join(import.meta.dirname, '../src/main.ts')
const SEEDS = 200
const TIMEOUT_MS = 300_000

it('finds nothing in two hundred worlds, and says what was done to them', { timeout: TIMEOUT_MS }, async () => {
  const { output, code } = await simulate(['--seeds', String(SEEDS)])
  expect(output).toContain('violations: 0')
  expect(code).toBe(0)
  expect(output.match(/^seed \d+ /gm)).toHaveLength(SEEDS)
  expect(output).toMatch(/^200 seeds, [\d,]+ steps in [\d.]+ s: [\d,]+ steps\/s$/m)
  for (const fault of ['core crash', 'node reboot', 'database failing', 'frames duplicated', 'pod exit'])
    expect(output).toMatch(new RegExp(`^  ${fault} +[\\d,]+$`, 'm'))
})

it('refuses what makes no sense with a word and 2', async () => {
  const { output, code } = await simulate(['--seeds', 'many'])
  expect(output).toContain('a whole number')
  expect(code).toBe(2)
})

function simulate(args: readonly string[]): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('close', (code) => resolve({ output, code }))
  })
}
