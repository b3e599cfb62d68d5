/** For tests: a bubblewrap runtime on a scratch folder, and what pods in it can be made to do. */
import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { expect } from 'vitest'
import { podFolderOf } from '../../pod-folder.ts'
import type { OpenEndpointsResult, PodOrder, RuntimePod } from '../../runtime.ts'
import type { StockedRuntime } from '../../stock/stock.ts'
import { createBubblewrapRuntime, type BubblewrapRuntimeOptions } from '../bubblewrap-runtime.ts'
import { orderOf, scratchOptions } from './scratch-orders.ts'

/** Opens it anew on the same folder to act a restart of the agent. Destroys its pods at the end. */
export class ScratchRuntime implements AsyncDisposable {
  readonly options: BubblewrapRuntimeOptions
  runtime: StockedRuntime
  readonly #sockets: Socket[] = []

  private constructor(options: BubblewrapRuntimeOptions, runtime: StockedRuntime) {
    this.options = options
    this.runtime = runtime
  }

  static async open(change: Partial<BubblewrapRuntimeOptions> = {}): Promise<ScratchRuntime> {
    const podsFolder = change.podsFolder ?? mkdtempSync(join(tmpdir(), 'fornax-bubblewrap-'))
    const options = { ...scratchOptions(podsFolder), ...change }
    return new ScratchRuntime(options, await createBubblewrapRuntime(options))
  }

  async restart(): Promise<void> {
    await this.runtime[Symbol.asyncDispose]()
    this.runtime = await createBubblewrapRuntime(this.options)
  }

  async create(order: PodOrder): Promise<RuntimePod> {
    const result = await this.runtime.createPod(order)
    if (result.kind === 'failed') throw new Error(`the pod did not start: ${result.reason}`)
    return result.pod
  }

  /** Runs a script of Node's in a pod of its own, and reads what it wrote as JSON. */
  async ask(source: string, change: Partial<ApplicationVersion> = {}): Promise<unknown> {
    const order = orderOf(`pod-ask-${Math.random().toString(36).slice(2)}`, source, change)
    const pod = await this.create(order)
    const end = await pod.ended
    const wrote = await this.wrote(pod)
    const complained = await readFile(podFolderOf(this.options.podsFolder, pod.podId).stderr, 'utf8')
    expect({ ...end, complained }).toEqual({ exitCode: 0, outOfMemory: false, complained: '' })
    await this.runtime.destroyPod(pod.podId)
    return JSON.parse(wrote)
  }

  wrote(pod: RuntimePod): Promise<string> {
    return readFile(podFolderOf(this.options.podsFolder, pod.podId).stdout, 'utf8')
  }

  /** Waits for a line of the pod's. */
  async hear(pod: RuntimePod, words: string): Promise<void> {
    await expect.poll(() => this.wrote(pod), { timeout: 15_000, interval: 10 }).toContain(words)
  }

  /** `allowHalfOpen`: the client does not leave when the other side has said that it is done. */
  dial(port: number, host = '127.0.0.1', allowHalfOpen = false): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, timeout: 5_000, allowHalfOpen }, () => resolve(socket))
      socket.on('error', reject)
      socket.on('timeout', () => socket.destroy(new Error('nobody answered')))
      this.#sockets.push(socket)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const podId of await this.runtime.listPodIds()) await this.runtime.destroyPod(podId)
    await this.runtime[Symbol.asyncDispose]()
    await rm(this.options.podsFolder, { recursive: true, force: true })
  }
}

/** A port that is free now; 20,000 of them make a collision of two tests unlikely enough. */
export function anyPort(): number {
  return 10_000 + Math.floor(Math.random() * 20_000)
}

/** Resolves with the next bytes of a connection. */
export function nextBytes(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())))
}

/** Resolves when a connection has ended, however it did. */
export function endOfSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Fails when the endpoints were not opened. */
export function expectOpened(result: OpenEndpointsResult): void {
  expect(result).toMatchObject({ kind: 'opened' })
}
