import { expect, it } from 'vitest'
import { hearsTraces, packetsOf, tracedAddress } from './traffic-watch.ts'

it('reads whom a traced packet was for', () => {
  const packet =
    'trace id c95b6e06 inet fornax_ab traffic packet: oif "cni0" ip saddr 10.88.0.1 ip daddr 10.88.0.7 ip dscp cs0 tcp dport 80'
  expect(tracedAddress(packet, 'fornax_ab')).toBe('10.88.0.7')
  expect(tracedAddress(packet, 'fornax_cd')).toBeNull()
  expect(tracedAddress('trace id c95b6e06 inet fornax_ab traffic policy accept', 'fornax_ab')).toBeNull()
  expect(tracedAddress(packet.replace(' traffic ', ' to_node '), 'fornax_ab')).toBeNull()
})

it('reads who is told of traces', () => {
  const sockets = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000000000000 12  4711       00000140 0        0        0     2        0        123
0000000000000000 12  4712       00000040 0        0        0     2        0        124
0000000000000000 0   4713       00000140 0        0        0     2        0        125`
  expect([4711, 4712, 4713, 4714].map((pid) => hearsTraces(sockets, pid))).toEqual([true, false, false, false])
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
