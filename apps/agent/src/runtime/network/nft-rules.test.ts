import { describe, expect, it } from 'vitest'
import { cableTraffic } from '../bubblewrap/cable-traffic.ts'
import { closeLine, openLine, tableScript, transportOf } from './nft-rules.ts'
import { runTool } from './run-tool.ts'
import { foundMappings } from './session-ways.ts'
import { canRuleNetworks } from './test/this-machine.ts'

const traffic = cableTraffic({ tag: 'testab', block: 3 })
const web = { transport: 'tcp', hostPort: 20_001, podAddress: '100.64.48.1', containerPort: 8_080 } as const
const game = { ...web, hostPort: 20_002, containerPort: 9_000 }
const voice = { transport: 'udp', hostPort: 20_003, podAddress: '100.64.48.1', containerPort: 8_082 } as const

describe('the rules of an agent', () => {
  it.skipIf(!canRuleNetworks).each([true, false])(
    'are understood by nftables, which checks them and changes nothing (reachable from outside: %s)',
    async (isReachableFromOutside) => {
      await runTool('nft', ['-c', '-f', '-'], tableScript('testab', traffic, { isReachableFromOutside, agentUid: 0 }))
    },
  )

  it('lead in from other machines only when the node has an address for them', () => {
    const script = (isReachableFromOutside: boolean): string =>
      tableScript('testab', traffic, { isReachableFromOutside, agentUid: 0 })
    expect(script(false)).not.toContain('prerouting')
    expect(script(false)).toContain('ip daddr 127.0.0.1 ct mark set tcp')
    expect(script(true)).toContain('prerouting')
  })

  it('open all ways of a session in one transaction, and close them in one', () => {
    expect(openLine('testab', 7, [web, game, voice])).toBe(
      'add element inet fornax_testab live_marks { 7 }; ' +
        'add element inet fornax_testab tcp_marks { 20001 : 7, 20002 : 7 }; ' +
        'add element inet fornax_testab tcp_targets { 20001 : 100.64.48.1 . 8080, 20002 : 100.64.48.1 . 9000 }; ' +
        'add element inet fornax_testab udp_marks { 20003 : 7 }; ' +
        'add element inet fornax_testab udp_targets { 20003 : 100.64.48.1 . 8082 }',
    )
    expect(closeLine('testab', 7, [web])).toBe(
      'delete element inet fornax_testab live_marks { 7 }; ' +
        'delete element inet fornax_testab tcp_marks { 20001 }; delete element inet fornax_testab tcp_targets { 20001 }',
    )
    expect(openLine('testab', 7, [])).toBe('add element inet fornax_testab live_marks { 7 }')
  })

  it('carry everything but UDP over TCP', () => {
    expect(['http', 'tcp', 'udp', 'grpc'].map(transportOf)).toEqual(['tcp', 'tcp', 'udp', 'tcp'])
  })
})

describe('what is found in the kernel after a restart', () => {
  it('is read from the listing of nftables', () => {
    const listing = {
      nftables: [
        { metainfo: { version: '1.0.6' } },
        { map: { name: 'tcp_targets', elem: [[20_001, { concat: ['100.64.48.1', 8_080] }]] } },
        { map: { name: 'tcp_marks', elem: [[20_001, 7]] } },
        { map: { name: 'udp_targets', elem: [[20_003, { concat: ['100.64.48.1', 8_082] }]] } },
        { map: { name: 'udp_marks' } },
        { set: { name: 'live_marks', elem: [7] } },
        { chain: { name: 'from_node' } },
      ],
    }
    expect(foundMappings(listing)).toEqual([{ ...web, mark: 7 }])
  })
})
