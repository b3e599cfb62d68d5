/** For tests: what this machine and this user can do with networks, so that a test is skipped where it cannot be. */
import { runTool } from '../run-tool.ts'

const tools = await Promise.allSettled([
  runTool('nft', ['--version']),
  runTool('ip', ['-V']),
  runTool('ss', ['-V']),
  runTool('conntrack', ['--version']),
])

/** Whether the kernel can be told about networks and filters. */
export const canRuleNetworks = process.geteuid?.() === 0 && tools.every(({ status }) => status === 'fulfilled')
