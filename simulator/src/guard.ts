/**
 * Refuses, while a world moves, everything that would make two runs of one seed differ or let a run touch the
 * machine: real clocks and timers, real chance, threads, sockets, processes, and writing to disk. Whatever calls one
 * of these gets an error, and the run fails even if that error is caught.
 */
import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import dgram from 'node:dgram'
import dns from 'node:dns'
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import tls from 'node:tls'
import workerThreads from 'node:worker_threads'

/** Thrown at whoever asks the real world for something. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

type Owner = { readonly label: string; readonly object: object; readonly names: readonly string[] }

/** `getRandomValues` of this module asks webcrypto for its own. */
const CRYPTO = ['randomBytes', 'randomInt', 'randomUUID', 'randomFill', 'randomFillSync']
const WRITES = ['write', 'writev', 'writeFile', 'appendFile', 'mkdir', 'mkdtemp', 'rm', 'rmdir', 'unlink', 'rename']
const OTHER_WRITES = ['copyFile', 'symlink', 'link', 'truncate', 'chmod', 'chown', 'utimes', 'open', 'cp']

/** Everything that is refused, by the object that holds it. */
const REFUSED: readonly Owner[] = [
  { label: '', object: globalThis, names: ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'WebSocket'] },
  { label: 'Date', object: Date, names: ['now'] },
  { label: 'Math', object: Math, names: ['random'] },
  { label: 'performance', object: performance, names: ['now'] },
  { label: 'process.hrtime', object: process.hrtime, names: ['bigint'] },
  { label: 'process', object: process, names: ['hrtime', 'uptime', 'cpuUsage'] },
  { label: 'timers', object: timers, names: ['setTimeout', 'setInterval', 'setImmediate'] },
  { label: 'timers/promises', object: timersPromises, names: ['setTimeout', 'setInterval', 'setImmediate'] },
  { label: 'crypto', object: crypto, names: CRYPTO },
  { label: 'webcrypto', object: globalThis.crypto, names: ['getRandomValues', 'randomUUID'] },
  { label: 'worker_threads', object: workerThreads, names: ['Worker', 'MessageChannel', 'BroadcastChannel'] },
  { label: 'child_process', object: childProcess, names: ['spawn', 'spawnSync', 'exec', 'execFile', 'fork'] },
  { label: 'net', object: net, names: ['connect', 'createConnection', 'createServer', 'Server'] },
  { label: 'net.Socket', object: net.Socket.prototype, names: ['connect'] },
  { label: 'tls', object: tls, names: ['connect', 'createServer'] },
  { label: 'dgram', object: dgram, names: ['createSocket'] },
  { label: 'dns', object: dns, names: ['lookup', 'resolve'] },
  { label: 'http', object: http, names: ['request', 'get', 'createServer'] },
  { label: 'https', object: https, names: ['request', 'get', 'createServer'] },
  { label: 'http2', object: http2, names: ['connect', 'createServer', 'createSecureServer'] },
  {
    label: 'fs',
    object: fs,
    names: [
      ...[...WRITES, ...OTHER_WRITES].flatMap((name) => [name, `${name}Sync`]),
      'createWriteStream',
      'watch',
      'watchFile',
    ],
  },
  { label: 'fs/promises', object: fsPromises, names: [...WRITES, ...OTHER_WRITES] },
]

/** What is refused, as `fs.writeFile`. */
export const REFUSED_NAMES: readonly string[] = [
  'new Date()',
  ...REFUSED.flatMap((owner) => names(owner).map((name) => labelOf(owner, name))),
]

export class Guard implements Disposable {
  /** What was asked for, although it is refused. */
  readonly refusals: string[] = []
  #isOn = false
  readonly #undo: (() => void)[] = []

  constructor() {
    for (const owner of REFUSED) for (const name of names(owner)) this.#watch(owner, name)
    this.#watchNewDate()
    syncBuiltinESMExports()
  }

  /** What holds a refused name now, and what it is. */
  static ownerOf(name: string): { readonly self: object; readonly call: (...args: unknown[]) => unknown } {
    const owner = REFUSED.find((one) => names(one).some((of) => labelOf(one, of) === name))
    const call: unknown =
      owner && Reflect.get(owner.object, owner.names.find((of) => labelOf(owner, of) === name) ?? '')
    if (owner === undefined || !isCallable(call)) throw new Error(`${name} is not refused`)
    return { self: owner.object, call }
  }

  /** From now on everything is refused. */
  on(): void {
    this.#isOn = true
  }

  off(): void {
    this.#isOn = false
  }

  /** Everything is as it was. */
  [Symbol.dispose](): void {
    this.#isOn = false
    for (const undo of this.#undo.toReversed()) undo()
    syncBuiltinESMExports()
  }

  #watch(owner: Owner, name: string): void {
    const before = Object.getOwnPropertyDescriptor(owner.object, name)
    const original: unknown = Reflect.get(owner.object, name)
    if (typeof original !== 'function') return
    const watched = new Proxy(original, {
      apply: (target, self, args: unknown[]): unknown => {
        this.#refuseIfOn(labelOf(owner, name))
        return Reflect.apply(target, self, args)
      },
      construct: (target, args: unknown[], newTarget): object => {
        this.#refuseIfOn(labelOf(owner, name))
        const made: unknown = Reflect.construct(target, args, newTarget)
        return typeof made === 'object' && made !== null ? made : {}
      },
    })
    Object.defineProperty(owner.object, name, { value: watched, writable: true, configurable: true, enumerable: true })
    this.#undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner.object, name)
      else Object.defineProperty(owner.object, name, before)
    })
  }

  #watchNewDate(): void {
    const original = globalThis.Date
    globalThis.Date = new Proxy(original, {
      construct: (target, args: [], newTarget) => {
        if (args.length === 0) this.#refuseIfOn('new Date()')
        return Reflect.construct(target, args, newTarget)
      },
    })
    this.#undo.push(() => (globalThis.Date = original))
  }

  #refuseIfOn(what: string): void {
    if (!this.#isOn) return
    this.refusals.push(what)
    throw new RefusedError(`${what} is refused inside a simulated world`)
  }
}

function names({ object, names: wanted }: Owner): readonly string[] {
  return wanted.filter((name) => typeof Reflect.get(object, name) === 'function')
}

function isCallable(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function'
}

function labelOf({ label }: Owner, name: string): string {
  return label === '' ? name : `${label}.${name}`
}
