import { readdirSync, readFileSync } from 'node:fs'
import { createLog } from '@fornax/kernel/log'
import { describe, expect, it, vi } from 'vitest'
import { cableTraffic } from '../bubblewrap/cable-traffic.ts'
import { tableName, tagOf } from './agent-tag.ts'
import { closeLine, openLine, type PortMapping } from './nft-rules.ts'
import { runTool } from './run-tool.ts'
import { foundMappings, SessionWays } from './session-ways.ts'
import { canRuleNetworks } from './test/this-machine.ts'

const TAG = tagOf(`session-ways ${process.pid}`)
const POD = { podId: 'pod_1', address: '100.64.48.1', networkFile: '/proc/self/ns/net' }
const MARK = 1_000

describe.skipIf(!canRuleNetworks)('ways of sessions', () => {
  it('lead nowhere when the tool ended after it had opened them, and their port can be opened again', async () => {
    await using kernel = await openWays()
    await kernel.ways.open(POD, 'ses_first', [mapping(3)])
    nextMarkIs(MARK)
    const opening = kernel.endToolAfter(openLine(TAG, MARK, [mapping(4)]), () =>
      kernel.ways.open(POD, 'ses_unknown', [mapping(4)]),
    )
    await expect(opening).rejects.toThrow('no ways for session ses_unknown')
    expect(await kernel.hostPorts()).toEqual([3])
    await kernel.ways.open(POD, 'ses_next', [mapping(4)])
    expect(await kernel.hostPorts()).toEqual([3, 4])
  })

  it('stay when another session is refused the same port', async () => {
    await using kernel = await openWays()
    await kernel.ways.open(POD, 'ses_first', [mapping(3)])
    const other = { ...POD, podId: 'pod_2', address: '100.64.48.2' }
    await expect(kernel.ways.open(other, 'ses_other', [mapping(3, other.address)])).rejects.toThrow('no ways')
    expect(await kernel.hostPorts()).toEqual([3])
  })

  it('are gone without a complaint when the tool ended after it had closed them', async () => {
    await using kernel = await openWays()
    nextMarkIs(MARK)
    await kernel.ways.open(POD, 'ses_first', [mapping(3)])
    await kernel.ways.open(POD, 'ses_second', [mapping(4)])
    const closing = kernel.endToolAfter(closeLine(TAG, MARK, [mapping(3)]), () =>
      kernel.ways.close(POD, 'ses_first', 0),
    )
    await expect(closing).rejects.toThrow('could not be cut off')
    await kernel.ways.closeAll(POD.podId, POD.address)
    expect(await kernel.hostPorts()).toEqual([])
    expect(kernel.complaints).toEqual([])
  })

  it('end with their pod, though the tool that should close them ends without having done so', async () => {
    await using kernel = await openWays()
    await kernel.ways.open(POD, 'ses_first', [mapping(3)])
    await kernel.endToolAfter(null, () => kernel.ways.closeAll(POD.podId, POD.address))
    expect(await kernel.hostPorts()).toEqual([])
    expect(kernel.complaints).toEqual([])
  })

  it('are closed before the address of their pod is given on, when nothing could close them at its end', async () => {
    await using kernel = await openWays()
    nextMarkIs(MARK)
    await kernel.ways.open(POD, 'ses_first', [mapping(3)])
    await kernel.replaceMarks('ether_addr') // Of which a mark is none, so that the line is refused.
    await kernel.ways.closeAll(POD.podId, POD.address)
    expect(kernel.complaints).toHaveLength(1)
    await expect(kernel.ways.closeLeft(POD.address)).rejects.toThrow('nft')
    expect(await kernel.hostPorts()).toEqual([3])
    await kernel.replaceMarks('mark', MARK)
    await kernel.ways.closeLeft(POD.address)
    expect(await kernel.hostPorts()).toEqual([])
  })

  it('end with their pod, though one of them is just being closed by a tool that does not answer', async () => {
    await using kernel = await openWays()
    await kernel.ways.open(POD, 'ses_first', [mapping(3)])
    await kernel.endToolAfter(null, async () => {
      const closing = kernel.ways.close(POD, 'ses_first', 0)
      const [closed] = await Promise.allSettled([closing, kernel.ways.closeAll(POD.podId, POD.address)])
      expect(closed.status).toBe('rejected')
    })
    expect(await kernel.hostPorts()).toEqual([])
  })
})

async function openWays() {
  const rules = { isReachableFromOutside: false, agentUid: process.geteuid?.() ?? 0 }
  const log = createLog('agent', 'silent')
  const complaints: unknown[] = []
  vi.spyOn(log, 'error').mockImplementation((...words: unknown[]) => void complaints.push(words))
  const ways = await SessionWays.open(TAG, cableTraffic({ tag: TAG, block: 3 }), rules, log)
  return {
    ways,
    complaints,
    hostPorts: async (): Promise<readonly number[]> => {
      const listing = await runTool('nft', ['-j', 'list', 'table', 'inet', tableName(TAG)])
      return foundMappings(JSON.parse(listing)).map(({ hostPort }) => hostPort)
    },
    /** As if the tool had done this, and not lived to tell; null: it has done nothing. */
    endToolAfter: async (line: string | null, ask: () => Promise<void>): Promise<void> => {
      for (const pid of toolsOfOurs()) process.kill(pid, 'SIGSTOP')
      const asked = ask()
      if (line !== null) await runTool('nft', ['-f', '-'], line)
      for (const pid of toolsOfOurs()) process.kill(pid, 'SIGKILL')
      await asked
    },
    /** Of another type, and with nothing or one mark in it. */
    replaceMarks: async (type: 'mark' | 'ether_addr', mark: number | null = null): Promise<void> => {
      const [table, set] = [`inet ${tableName(TAG)}`, `inet ${tableName(TAG)} live_marks`]
      const lines = [`flush chain ${table} session_traffic`, `delete set ${set}`, `add set ${set} { type ${type}; }`]
      if (mark !== null) lines.push(`add element ${set} { ${mark} }`)
      await runTool('nft', ['-f', '-'], lines.join('\n'))
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await ways.removeAll()
      await ways[Symbol.asyncDispose]()
    },
  }
}

/** Ports that nobody on this machine listens on or dials. */
function mapping(hostPort: 3 | 4, podAddress = POD.address): PortMapping {
  return { transport: 'tcp', hostPort, podAddress, containerPort: 80 }
}

/** Marks are drawn by lot. */
function nextMarkIs(mark: number): void {
  vi.spyOn(Math, 'random').mockReturnValueOnce((mark - 0.5) / 0x7fff_fffe)
}

function toolsOfOurs(): readonly number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return children.filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'nft')
}
