/**
 * Listens to what happens to containers. This is containerd's own event stream,
 * which every version of it has; what it tells comes some milliseconds after it
 * happened. While nothing can be heard, whoever needs to know has to ask.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { TaskEvent, type Envelope } from '@fornax/proto/containerd/events/v1/events'
import { status, type ServiceError } from '@grpc/grpc-js'
import type { CriClient } from './cri-client.ts'

/** Who is told. */
export type TaskListener = {
  /** The command of a container has ended. */
  exited(containerId: string, exitCode: number): void
  /** The kernel has killed a process of a container for want of memory. */
  outOfMemory(containerId: string): void
  /** Nothing of an ended container runs, and all that it wrote is in its log. */
  cleared(containerId: string): void
  /** From now on events are heard (again); what happened before was not. */
  resumed(): void
}

const EXITED = '/tasks/exit'
const OUT_OF_MEMORY = '/tasks/oom'
const CLEARED = '/tasks/delete'

const RETRY_MS = 200

export class TaskWatch implements Disposable {
  readonly #client: CriClient
  readonly #listener: TaskListener
  readonly #clock: Clock
  readonly #log: Log
  #stream: ReturnType<CriClient['taskEvents']> | null = null
  #cancelRetry: Cancel = () => undefined
  #isDisposed = false

  constructor(client: CriClient, listener: TaskListener, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#client = client
    this.#listener = listener
    this.#clock = clock
    this.#log = log
    this.#listen()
  }

  /** Whether events are being heard, as far as we know. */
  get isLive(): boolean {
    return this.#stream !== null
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#cancelRetry()
    this.#stream?.cancel()
  }

  #listen(): void {
    const stream = this.#client.taskEvents([EXITED, OUT_OF_MEMORY, CLEARED])
    this.#stream = stream
    stream.on('data', (envelope: Envelope) => this.#hear(envelope))
    stream.on('error', (error: ServiceError) => this.#lose(stream, error))
    stream.on('end', () => this.#lose(stream, null))
    this.#listener.resumed()
  }

  #hear({ topic, event }: Envelope): void {
    const { containerId, id, exitStatus } = TaskEvent.decode(event?.value ?? new Uint8Array())
    if (topic === OUT_OF_MEMORY) this.#listener.outOfMemory(containerId)
    else if (topic === CLEARED) this.#listener.cleared(containerId)
    // Commands that are run in a container beside its own one have other ids.
    else if (topic === EXITED && id === containerId) this.#listener.exited(containerId, exitStatus)
  }

  #lose(stream: unknown, error: ServiceError | null): void {
    if (this.#stream !== stream) return
    this.#stream = null
    if (this.#isDisposed) return
    if (error?.code === status.UNIMPLEMENTED) {
      this.#log.warn('this runtime tells of no events: containers are looked at again and again instead')
      return
    }
    this.#log.debug({ err: error }, 'events of containers are not heard; listening again')
    this.#cancelRetry = this.#clock.schedule(RETRY_MS, () => this.#listen())
  }
}
