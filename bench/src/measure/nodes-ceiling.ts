/** How fast simulated nodes make pods when nobody has to decide anything. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { Child } from '../world/child.ts'
import { NodesProcess, type NodeDelays } from '../world/nodes-process.ts'

const readyMessage = z.object({ nodeLink: z.string() })
const filledMessage = z.object({ seconds: z.number() })
const PODS_MAX = 60_000

/** Pods per second. Fewer pods are made than are asked for when those are very many. */
export async function measureNodesCeiling(nodes: number, pods: number, delays: NodeDelays): Promise<number> {
  const podsPerNode = Math.ceil(Math.min(pods, PODS_MAX) / nodes)
  await using stack = new AsyncDisposableStack()
  const dataFolder = mkdtempSync(join(tmpdir(), 'fornax-bench-'))
  stack.defer(() => rmSync(dataFolder, { recursive: true, force: true }))
  const joinTokenFile = join(dataFolder, 'join-token')
  const joinToken = '0'.repeat(32)
  writeFileSync(joinTokenFile, joinToken)
  const authorityFile = join(dataFolder, 'node-ca.pem')
  const args = ['bench/src/idle/node-link.ts', joinToken, authorityFile, String(nodes), String(podsPerNode)]
  const idle = stack.use(new Child({ name: 'the idle node link', args }))
  const { nodeLink } = readyMessage.parse(await idle.message('ready'))
  stack.use(await NodesProcess.start({ nodeLink, dataFolder, joinTokenFile }, nodes, delays))
  const filled = idle.message('filled')
  idle.send({ type: 'go' })
  const { seconds } = filledMessage.parse(await filled)
  return (nodes * podsPerNode) / seconds
}
