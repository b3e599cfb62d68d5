import { expect, it } from 'vitest'
import { deviceTo, readRoutes } from './route-table.ts'

const ROUTES = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
cni0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
veth1\t0701580A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`

it('reads the routes of a machine, but for the default one', () => {
  expect(readRoutes(ROUTES)).toEqual([
    { device: 'cni0', address: 0x0a580000, mask: 0xffff0000 },
    { device: 'veth1', address: 0x0a580107, mask: 0xffffffff },
  ])
  expect(readRoutes('Iface\n')).toEqual([])
})

it.each([
  ['10.88.3.4', 'cni0'],
  ['10.88.1.7', 'veth1'],
  ['10.89.1.7', null],
  ['198.51.100.1', null],
])('finds the device behind which %s is: %s', (address, device) => {
  expect(deviceTo(address, readRoutes(ROUTES))).toBe(device)
})
