import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { hasConnectionIn, hasConnections } from './connections.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const line = (sl: number, port: string, state: string): string =>
  `${String(sl).padStart(4)}: 0100007F:${port} 0200007F:C350 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n`

it.each([
  ['a listener alone', line(0, '1F90', '0A'), false],
  ['what is closed', line(0, '1F90', '07'), false],
  ['a connection of another port', line(0, '1F91', '01'), false],
  ['a connection', line(0, '1F91', '01') + line(10_000, '1F90', '01'), true],
  ['one that is being made', line(0, '1F90', '03'), true],
  ['one that is only half closed', line(0, '1F90', '08'), true],
])('of what the kernel lists, %s counts as connected: %s', (_what, lines, isConnected) => {
  expect(hasConnectionIn(HEAD + lines, [8_080])).toBe(isConnected)
})

it.skipIf(process.platform !== 'linux').each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
  'sees who is connected to a port, by %s',
  async (host) => {
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await hasConnections(process.pid, [port])).toBe(false)
    const [socket] = await Promise.all([once(server, 'connection'), once(connect({ port, host }), 'connect')])
    expect(await hasConnections(process.pid, [port])).toBe(true)
    socket[0].destroy()
    server.close()
  },
)

it('takes it for possible where nobody knows', async () => {
  const child = spawn('true')
  await once(child, 'close')
  expect(await Promise.all([hasConnections(0, [1]), hasConnections(child.pid ?? 0, [1])])).toEqual([true, true])
})
