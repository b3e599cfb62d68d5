import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  blockRange,
  BLOCKS,
  blocksToTry,
  cablePrefix,
  networkName,
  overlapsBlock,
  slotAddresses,
  SLOTS,
} from './address-plan.ts'
import { tagOf } from '../network/agent-tag.ts'
import { readRoutes } from '../network/route-table.ts'

const anyPlan = fc.record({ tag: fc.string().map(tagOf), block: fc.nat(BLOCKS - 1) })
const anySlot = fc.nat(SLOTS - 1)

describe('the addresses of pods', () => {
  it('are never the same for two slots or two agents', () => {
    fc.assert(
      fc.property(anyPlan, anyPlan, anySlot, anySlot, (one, other, slot, otherSlot) => {
        fc.pre(one.block !== other.block || slot !== otherSlot)
        const all = [slotAddresses(one, slot), slotAddresses(other, otherSlot)].flatMap(({ node, pod }) => [node, pod])
        expect(new Set(all).size).toBe(4)
      }),
    )
  })

  it('lie in the block of their agent', () => {
    const plan = { tag: 'abcdef', block: 1_023 }
    expect(slotAddresses(plan, 0)).toEqual({ node: '100.127.240.0', pod: '100.127.240.1', cable: 'fxcabcdef-0' })
    expect(slotAddresses(plan, SLOTS - 1)).toMatchObject({ node: '100.127.255.254', pod: '100.127.255.255' })
    expect(blockRange(plan.block)).toBe('100.127.240.0/20')
    expect(blockRange(0)).toBe('100.64.0.0/20')
  })

  it('come with names that Linux takes for devices', () => {
    fc.assert(
      fc.property(anyPlan, anySlot, (plan, slot) => {
        expect(slotAddresses(plan, slot).cable).toMatch(/^[a-z]{9}-\d{1,4}$/)
        expect(slotAddresses(plan, slot).cable.startsWith(cablePrefix(plan.tag))).toBe(true)
      }),
    )
  })

  it('are tried block by block, each once, from another one for each agent', () => {
    const [one, other] = ['a', 'b'].map((tag) => [...blocksToTry(tag)])
    expect(new Set(one).size).toBe(BLOCKS)
    expect(one?.[0]).not.toBe(other?.[0])
  })

  it('keep out of the way of routes that this machine has', () => {
    const routes = readRoutes(ROUTES)
    expect(routes).toHaveLength(2) // The default route is everybody's.
    expect(routes.some((route) => overlapsBlock(0, route))).toBe(false)
    const tailnet = { address: 0x64400000, mask: 0xffc00000 }
    expect(overlapsBlock(0, tailnet) && overlapsBlock(BLOCKS - 1, tailnet)).toBe(true)
    const one = { address: 0x64401005, mask: 0xffffffff }
    expect([0, 1, 2].map((block) => overlapsBlock(block, one))).toEqual([false, true, false])
  })

  it('belong to a namespace that says whose it is', () => {
    expect(networkName('abcdef', 'pod-1')).toBe('fornax-abcdef-pod-1')
  })
})

const ROUTES = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
*\t00007064\t00000000\t0200\t0\t0\t0\t00F0FFFF\t0\t0\t0
`
