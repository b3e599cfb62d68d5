import { readdirSync, readFileSync } from 'node:fs'
import { createLog } from '@fornax/kernel/log'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { cableTraffic } from '../bubblewrap/cable-traffic.ts'
import { openLine, type PortMapping } from './nft-rules.ts'
import { runTool } from './run-tool.ts'
import { foundMappings, SessionWays } from './session-ways.ts'
import { canRuleNetworks } from './test/this-machine.ts'

const TAG = `ways${process.pid}`
const POD = { podId: 'pod_1', address: '100.64.48.1', networkFile: '/proc/self/ns/net' }

describe.skipIf(!canRuleNetworks)('ways of sessions', () => {
  it('lead nowhere when the tool ended after it had opened them, and their port can be opened again', async () => {
    await using kernel = await openWays()
    await kernel.ways.open(POD, 'ses_first', [mapping(4_001)])
    const mark = 1_000
    onTestFinished(nextMarkIs(mark))
    for (const pid of toolsOfOurs()) process.kill(pid, 'SIGSTOP')
    const opening = kernel.ways.open(POD, 'ses_unknown', [mapping(4_002)])
    // What the tool would have done, and then not lived to tell.
    await runTool('nft', ['-f', '-'], openLine(TAG, mark, [mapping(4_002)]))
    for (const pid of toolsOfOurs()) process.kill(pid, 'SIGKILL')
    await expect(opening).rejects.toThrow('no ways for session ses_unknown')
    expect(await kernel.hostPorts()).toEqual([4_001])
    await kernel.ways.open(POD, 'ses_next', [mapping(4_002)])
    expect(await kernel.hostPorts()).toEqual([4_001, 4_002])
  })

  it('stay when another session is refused the same port', async () => {
    await using kernel = await openWays()
    await kernel.ways.open(POD, 'ses_first', [mapping(4_001)])
    const other = { ...POD, podId: 'pod_2', address: '100.64.48.2' }
    await expect(kernel.ways.open(other, 'ses_other', [mapping(4_001, other.address)])).rejects.toThrow('no ways')
    expect(await kernel.hostPorts()).toEqual([4_001])
  })
})

async function openWays() {
  const rules = { isReachableFromOutside: false, agentUid: process.geteuid?.() ?? 0 }
  const ways = await SessionWays.open(TAG, cableTraffic({ tag: TAG, block: 0 }), rules, createLog('agent', 'silent'))
  const hostPorts = async (): Promise<readonly number[]> => {
    const listing = await runTool('nft', ['-j', 'list', 'table', 'inet', `fornax_${TAG}`])
    return foundMappings(JSON.parse(listing)).map(({ hostPort }) => hostPort)
  }
  const leave = async (): Promise<void> => {
    await ways.removeAll()
    await ways[Symbol.asyncDispose]()
  }
  return { ways, hostPorts, [Symbol.asyncDispose]: leave }
}

function mapping(hostPort: number, podAddress = POD.address): PortMapping {
  return { transport: 'tcp', hostPort, podAddress, containerPort: 80 }
}

/** Marks are drawn by lot. Returns what makes it so again. */
function nextMarkIs(mark: number): () => void {
  const drawn = vi.spyOn(Math, 'random').mockReturnValueOnce((mark - 0.5) / 0x7fff_fffe)
  return () => drawn.mockRestore()
}

function toolsOfOurs(): readonly number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return children.filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'nft')
}
