import { expect, it } from 'vitest'
import { packetsOf, tracedAddress } from './traffic-watch.ts'

it('reads whom a traced packet was for', () => {
  const packet =
    'trace id c95b6e06 inet fornax_ab traffic packet: oif "cni0" ip saddr 10.88.0.1 ip daddr 10.88.0.7 ip dscp cs0 tcp dport 80'
  expect(tracedAddress(packet, 'fornax_ab')).toBe('10.88.0.7')
  expect(tracedAddress(packet, 'fornax_cd')).toBeNull()
  expect(tracedAddress('trace id c95b6e06 inet fornax_ab traffic policy accept', 'fornax_ab')).toBeNull()
  expect(tracedAddress(packet.replace(' traffic ', ' to_node '), 'fornax_ab')).toBeNull()
})

it('reads what was counted, and that a set is empty', () => {
  const element = (val: string, packets: number) => ({ elem: { val, counter: { packets, bytes: packets * 60 } } })
  const set = { family: 'inet', name: 'watched', elem: [element('10.88.0.7', 3), element('10.88.0.8', 0)] }
  const counted = packetsOf({ nftables: [{ metainfo: {} }, { set }] })
  expect([...counted]).toEqual([
    ['10.88.0.7', 3],
    ['10.88.0.8', 0],
  ])
  expect(packetsOf({ nftables: [{ set: { name: 'watched' } }] }).size).toBe(0)
})
