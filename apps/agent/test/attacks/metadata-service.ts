/**
 * A machine beside the node, at the addresses where a cloud has its metadata service: a network namespace on a cable of
 * its own, so that a packet of a pod goes through the node to it, as to a real one. Whatever becomes of this process,
 * the namespace ends with it, and the cable and the ways to it go with the namespace.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { systemClock } from '@fornax/kernel/clock'
import { runTool, TOOL_ENVIRONMENT } from '../../src/runtime/network/run-tool.ts'
import { NODE_WORD } from './attack.ts'

const IPV4 = '169.254.169.254'
const IPV6 = 'fd00:ec2::254'
const PORT = 80

/** Where the service may be met, in all the ways to write it. */
export const METADATA_TARGETS = [IPV4, `::ffff:${IPV4}`, IPV6].map((host) => ({ host, port: PORT }))

/** The node's end of the cable: addresses that are set aside for measuring networks, and so are nobody's. */
const NODE_IPV4 = '198.18.0.1'
const NODE_IPV6 = '2001:2::1'
/** Both ends know each other by these, so that over IPv6 nobody has to ask, which not every machine lets through. */
const NODE_MAC = '02:00:00:00:00:01'
const MACHINE_MAC = '02:00:00:00:00:02'

const TURN_TIMEOUT_MS = 60_000
const ANSWER_TIMEOUT_MS = 10_000

/**
 * Needs root. It answers this node when this returns. For as long as it is there the node reaches no real one, and
 * others who want it wait for their turn.
 */
export async function openMetadataService(): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  opening.use(await takeTurn())
  const cable = `fxm${Math.random().toString(36).slice(2, 10)}`
  const hasIpv6 = canIpv6()
  const machine = startMachine(cable, hasIpv6)
  opening.defer(() => endMachine(machine))
  opening.defer(() => runTool('ip', ['link', 'delete', cable]).then(() => undefined, noCable))
  await isUp(machine)
  const ipv6 = [
    `addr add ${NODE_IPV6} peer ${IPV6}/128 dev ${cable} nodad`,
    `neigh add ${IPV6} lladdr ${MACHINE_MAC} dev ${cable} nud permanent`,
  ]
  const ipv4 = `addr add ${NODE_IPV4} peer ${IPV4}/32 dev ${cable}`
  const lines = [`link set ${cable} up`, ipv4, ...(hasIpv6 ? ipv6 : [])]
  await runTool('ip', ['-batch', '-'], `${lines.join('\n')}\n`)
  for (const host of [IPV4, ...(hasIpv6 ? [IPV6] : [])]) await answers(host)
  return opening.move()
}

/** Only one can have the addresses. The name is the network's, and is free again however its owner ends. */
async function takeTurn(): Promise<AsyncDisposable> {
  for (const untilMs = systemClock.nowMs() + TURN_TIMEOUT_MS; ;) {
    const turn = createServer((socket) => socket.destroy())
    const isMine = await new Promise<boolean>((resolve, reject) => {
      turn.once('error', (error) => ('code' in error && error.code === 'EADDRINUSE' ? resolve(false) : reject(error)))
      turn.listen({ path: '\0fornax-attacked-metadata' }, () => resolve(true))
    })
    if (isMine) return turn
    if (systemClock.nowMs() > untilMs) throw new Error('others have the metadata service and do not give it back')
    await new Promise<void>((resolve) => systemClock.schedule(50, resolve))
  }
}

function canIpv6(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'utf8').trim() === '0'
  } catch {
    return false // The kernel does not know it.
  }
}

type Machine = ChildProcessByStdio<Writable, Readable, null>

/** It lays the cable itself, from its own network to the one of its parent. */
function startMachine(cable: string, hasIpv6: boolean): Machine {
  const ipv4 = [
    `addr add ${IPV4}/32 dev eth0`,
    `route add ${NODE_IPV4}/32 dev eth0`,
    `route add default via ${NODE_IPV4}`,
  ]
  const ipv6 = [
    `addr add ${IPV6}/128 dev eth0 nodad`,
    `route add ${NODE_IPV6}/128 dev eth0`,
    `route add default via ${NODE_IPV6}`,
    `neigh add ${NODE_IPV6} lladdr ${NODE_MAC} dev eth0 nud permanent`,
  ]
  const laying = `link add eth0 address ${MACHINE_MAC} type veth peer name ${cable} address ${NODE_MAC} netns `
  const lines = ['', 'link set eth0 up', ...ipv4, ...(hasIpv6 ? ipv6 : []), '']
  const source = `
    const input = ${JSON.stringify(laying)} + process.ppid + ${JSON.stringify(lines.join('\n'))}
    require('node:child_process').execFileSync('ip', ['-batch', '-'], { input, stdio: ['pipe', 'inherit', 'inherit'] })
    require('node:net')
      .createServer((socket) => socket.on('error', () => {}).end(${JSON.stringify(NODE_WORD)}))
      .listen(${PORT}, () => console.log('up'))
    process.stdin.on('end', () => process.exit()).resume()`
  return spawn('unshare', ['--net', process.execPath, '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: TOOL_ENVIRONMENT,
  })
}

async function isUp(machine: Machine): Promise<void> {
  const ended = once(machine, 'close').then(([code]) => {
    throw new Error(`the machine of the metadata service ended with ${code}`)
  })
  await Promise.race([once(machine.stdout, 'data'), ended])
}

async function endMachine(machine: Machine): Promise<void> {
  if (machine.pid === undefined || machine.exitCode !== null || machine.signalCode !== null) return
  const closed = once(machine, 'close')
  machine.stdin.end()
  await closed
}

/** The machine did not come as far, or is gone already. */
function noCable(): void {}

/** As anybody on the node would reach it, so that a pod that does not is kept from it. */
async function answers(host: string): Promise<void> {
  for (const untilMs = systemClock.nowMs() + ANSWER_TIMEOUT_MS; ;) {
    if ((await firstWord(host)).includes(NODE_WORD)) return
    if (systemClock.nowMs() > untilMs) throw new Error(`the metadata service does not answer its own node at ${host}`)
    await new Promise<void>((resolve) => systemClock.schedule(20, resolve))
  }
}

/** Empty: nobody said any. */
function firstWord(host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: PORT, timeout: 1_000 })
    socket.once('data', (bytes) => {
      resolve(bytes.toString())
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy()).once('error', () => resolve(''))
    socket.once('close', () => resolve(''))
  })
}
