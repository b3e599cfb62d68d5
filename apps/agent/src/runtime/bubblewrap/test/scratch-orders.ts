/** For tests: what to open a runtime with, and what to run in it. */
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { VERSION_DEFAULTS, type ApplicationVersion } from '@fornax/node-model/application-version'
import type { PodOrder } from '../../runtime.ts'
import type { BubblewrapRuntimeOptions } from '../bubblewrap-runtime.ts'

/** What a runtime of a test is opened with. */
export function scratchOptions(podsFolder: string, host = '127.0.0.1'): BubblewrapRuntimeOptions {
  return {
    podsFolder,
    hiddenFolders: [],
    host,
    path: process.env['PATH'] ?? '',
    clock: systemClock,
    log: createLog('agent', process.env['LOG_LEVEL'] ?? 'silent'),
  }
}

/** A pod that runs a script of Node's. */
export function orderOf(podId: string, source: string, change: Partial<ApplicationVersion> = {}): PodOrder {
  const version: ApplicationVersion = {
    versionId: 'ver-demo',
    applicationName: 'demo',
    versionNumber: 1,
    image: 'host',
    command: [process.execPath],
    args: ['-e', source],
    env: {},
    ports: [],
    cpuMillis: 100,
    memoryBytes: 512 * 1024 * 1024,
    runtimeClass: '',
    minIsolation: 'none',
    sessionsPerPod: 1,
    readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 10_000 },
    usesSessionService: false,
    workingDirectory: '',
    ...VERSION_DEFAULTS,
    ...change,
  }
  return { podId, version, sessionFolder: null, hostPorts: [] }
}

/**
 * A server in a pod that greets with its pod's id, then answers with what it is told; told `dial HOST PORT`, it tries
 * that and says how it went; told `who`, it says whom it sees.
 */
export function greeter(podId: string): PodOrder {
  const source = `
    const { connect, createServer } = require('node:net')
    const dial = (host, port, say) => {
      const socket = connect({ host, port, timeout: 2_000 }, () => { say('connected'); socket.destroy() })
      socket.once('error', (error) => say(error.code ?? error.message)).once('timeout', () => socket.destroy(new Error('silence')))
    }
    createServer((socket) => {
      socket.on('error', () => {})
      socket.on('close', () => console.log('a client left'))
      socket.write(process.env.FORNAX_POD_ID)
      socket.on('data', (bytes) => {
        const [verb, host, port] = String(bytes).split(' ')
        if (verb === 'who') socket.write(socket.remoteAddress)
        else if (verb === 'dial') dial(host, Number(port), (words) => socket.write(words))
        else socket.write(bytes)
      })
    }).listen({ port: process.env.PORT, host: '0.0.0.0' }, () => console.log('listening'))`
  return orderOf(podId, source, { ports: [{ name: 'game', protocol: 'tcp', containerPort: 7_000 }] })
}
