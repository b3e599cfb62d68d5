import { expect, it } from 'vitest'
import { parseTraffic, readTraffic } from './traffic.ts'

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 5000      10    0    0    0     0          0         0     5000      10    0    0    0     0       0          0
  eth0: 1234       5    0    0    0     0          0         0      777       4    0    0    0     0       0          0
  eth1:1          1    0    0    0     0          0         0        2       1    0    0    0     0       0          0
`

it('adds up what all devices received and sent, but for the loopback', () => {
  expect(parseTraffic(NET_DEV)).toEqual({ receivedBytes: 1_235, sentBytes: 779 })
})

it('is nothing for who is gone', async () => {
  expect(await readTraffic(0)).toEqual({ receivedBytes: 0, sentBytes: 0 })
  expect(await readTraffic(2 ** 22 + 1)).toEqual({ receivedBytes: 0, sentBytes: 0 })
})
