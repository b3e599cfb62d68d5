import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { countSockets, socketCounts } from './socket-counts.ts'
import { canRuleNetworks } from './test/this-machine.ts'

const SNMP = 'Ip: CurrEstab\nIp: 9\nTcp: ActiveOpens CurrEstab InSegs\nTcp: 5 12 7\nUdp: InErrors\nUdp: 1\n'
const SOCKSTAT = ['sockets: used 8\nTCP: inuse 3 orphan 0 tw 0 alloc 1 mem 11\nUDP: inuse 9 mem 0\n', 'TCP6: inuse 2\n']

it('reads how many sockets there are by both families of addresses, and how many of them are connected', () => {
  expect(socketCounts(SNMP, SOCKSTAT)).toEqual({ connected: 12, open: 5 })
})

it.each([
  ['', SOCKSTAT],
  ['Tcp: ActiveOpens\nTcp: 5\n', SOCKSTAT],
  [SNMP, ['TCP: inuse 3\n', '']],
])('takes it for unknown when the kernel does not say: %j, %j', (snmp, sockstats) => {
  expect(socketCounts(snmp, sockstats)).toBeNull()
})

/** Does what it is told, one word a line, and says it when it has been done. */
const PROGRAM = `
  const { createServer, connect } = require('node:net')
  const host = process.argv[1]
  const server = createServer({ allowHalfOpen: true })
  let client, socket
  const deeds = {
    connect: (done) => {
      server.once('connection', (connected) => done((socket = connected)))
      client = connect({ port: server.address().port, host, allowHalfOpen: true })
    },
    half: (done) => { client.once('end', done).resume(); socket.end() },
    leave: (done) => { client.once('close', () => socket.once('close', done).destroy()).destroy() },
  }
  server.listen(0, host, () => console.log('listen'))
  require('node:readline').createInterface(process.stdin).on('line', (word) => deeds[word](() => console.log(word)))
`

it.skipIf(!canRuleNetworks).each(['127.0.0.1', '::1'])(
  'sees in the network of a process, by %s, who listens, is connected, and has ended one direction',
  async (host) => {
    const command = 'ip link set lo up && exec "$0" -e "$1" "$2"'
    const args = ['--net', 'sh', '-c', command, process.execPath, PROGRAM, host]
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      const counted = async (word: string): Promise<unknown> => {
        if (word !== 'listen') child.stdin.write(`${word}\n`)
        expect(await lines.next()).toEqual({ value: word, done: false })
        return countSockets(child.pid ?? 0, `/proc/${child.pid}/ns/net`)
      }
      expect(await counted('listen')).toEqual({ connected: 0, open: 1 })
      expect(await counted('connect')).toEqual({ connected: 2, open: 3 })
      expect(await counted('half')).toEqual({ connected: 1, open: 3 })
      expect(await counted('leave')).toMatchObject({ connected: 0 })
    } finally {
      await end(child)
    }
  },
)

it('does not know of a process that has ended, or is in another network', () => {
  const { pid } = spawnSync('true')
  expect(countSockets(0, '/proc/self/ns/net')).toBeNull()
  expect(countSockets(pid, '/proc/self/ns/net')).toBeNull()
  expect(countSockets(process.pid, '/proc/self/ns/uts')).toBeNull()
  expect(countSockets(process.pid, '/proc/self/ns/net')).not.toBeNull()
})

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'close')
}
