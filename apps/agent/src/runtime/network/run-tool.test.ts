import { expect, it } from 'vitest'
import { runTool } from './run-tool.ts'

it('waits no longer than it was told to for a tool that hangs', async () => {
  await expect(runTool('sleep', ['1000'], '', 50)).rejects.toThrow('took longer than 50 ms')
})

it('tells what a tool wrote, and what it complained about', async () => {
  expect(await runTool('sh', ['-c', 'cat'], 'hello', 60_000)).toBe('hello')
  await expect(runTool('sh', ['-c', 'echo broken >&2; exit 3'])).rejects.toThrow('ended with 3: broken')
  await expect(runTool('/nowhere/nft', [])).rejects.toThrow('could not be started')
})
