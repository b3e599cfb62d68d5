import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { connectionsIn, hasConnections } from './connections.ts'
import { canRuleNetworks } from './test/this-machine.ts'

it.each([
  ['none', 'Tcp: ActiveOpens CurrEstab InSegs\nTcp: 5 0 7\n', 0],
  ['some', 'Ip: CurrEstab\nIp: 9\nTcp: ActiveOpens CurrEstab InSegs\nTcp: 5 12 7\nUdp: InErrors\nUdp: 1\n', 12],
  ['nothing that we know', 'Tcp: ActiveOpens\nTcp: 5\n', null],
  ['nothing', '', null],
])('reads %s from what the kernel counts', (_what, counters, found) => {
  expect(connectionsIn(counters)).toBe(found)
})

const CONNECT = `
  const { createServer, connect } = require('node:net')
  const server = createServer()
  server.listen(0, process.argv[1], () => {
    const { port } = server.address()
    console.log('listening')
    process.stdin.once('data', () => {
      const client = connect({ port, host: process.argv[1] })
      server.once('connection', (socket) => {
        console.log('connected')
        process.stdin.once('data', () => {
          client.once('close', () => console.log('closed')).destroy()
          socket.destroy()
        })
      })
    })
  })
`

it.skipIf(!canRuleNetworks).each(['127.0.0.1', '::1'])(
  'sees a connection in the network of a process, by %s, and when it is over; somebody who listens is none',
  async (host) => {
    const command = `ip link set lo up && exec "$0" -e "$1" "$2"`
    const child = spawn('unshare', ['--net', 'sh', '-c', command, process.execPath, CONNECT, host], { stdio: 'pipe' })
    const says = async (word: string): Promise<void> => {
      const [bytes] = (await once(child.stdout, 'data')) as [Buffer]
      expect(bytes.toString().trim()).toBe(word)
    }
    await says('listening')
    expect(hasConnections(child.pid ?? 0)).toBe(false)
    child.stdin.write('connect\n')
    await says('connected')
    expect(hasConnections(child.pid ?? 0)).toBe(true)
    child.stdin.write('close\n')
    await says('closed')
    expect(hasConnections(child.pid ?? 0)).toBe(false)
    child.kill()
    await once(child, 'close')
  },
)

it('takes it for possible where nobody knows', () => {
  const { pid } = spawnSync('true')
  expect([hasConnections(0), hasConnections(pid)]).toEqual([true, true])
})
