import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import {
  EventsService,
  TaskEvent,
  type Envelope,
  type SubscribeRequest,
} from '@fornax/proto/containerd/events/v1/events'
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js'
import { expect, it } from 'vitest'
import { CriClient } from './cri-client.ts'
import { TaskWatch } from './task-watch.ts'

type Stream = ServerWritableStream<SubscribeRequest, Envelope>

it('tells of ends, of a lack of memory, and of what is over, and leaves out commands run beside', async () => {
  await using world = await newWorld({ events: true })
  const stream = await world.subscribed()
  world.send(stream, '/tasks/oom', { containerId: 'a', id: '', exitStatus: 0 })
  world.send(stream, '/tasks/exit', { containerId: 'a', id: 'beside', exitStatus: 1 })
  world.send(stream, '/tasks/exit', { containerId: 'a', id: 'a', exitStatus: 137 })
  world.send(stream, '/tasks/delete', { containerId: 'a', id: '', exitStatus: 0 })
  await expect.poll(() => world.heard).toEqual(['resumed', 'oom a', 'exit a 137', 'cleared a'])
  expect(world.watch.isLive).toBe(true)
  expect(stream.request.filters).toContain('namespace=="k8s.io",topic=="/tasks/exit"')
})

it('listens again when it was cut off, and says that it had not heard everything', async () => {
  await using world = await newWorld({ events: true })
  const first = await world.subscribed()
  first.end()
  const second = await world.subscribed()
  world.send(second, '/tasks/exit', { containerId: 'b', id: 'b', exitStatus: 0 })
  await expect.poll(() => world.heard).toEqual(['resumed', 'resumed', 'exit b 0'])
})

it('knows that it hears nothing from a runtime without events, and does not ask again', async () => {
  await using world = await newWorld({ events: false })
  await expect.poll(() => world.watch.isLive).toBe(false)
  expect(world.heard).toEqual(['resumed'])
})

async function newWorld({ events }: { readonly events: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-events-'))
  const path = join(folder, 'events.sock')
  const server = new Server()
  const waiting: ((stream: Stream) => void)[] = []
  const arrived: Stream[] = []
  const subscribe = (stream: Stream): void => {
    const next = waiting.shift()
    if (next === undefined) arrived.push(stream)
    else next(stream)
  }
  if (events) server.addService(EventsService, { subscribe })
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    )
  })
  const client = new CriClient(path, systemClock)
  const heard: string[] = []
  const listener = {
    exited: (id: string, exitCode: number) => void heard.push(`exit ${id} ${exitCode}`),
    outOfMemory: (id: string) => void heard.push(`oom ${id}`),
    cleared: (id: string) => void heard.push(`cleared ${id}`),
    resumed: () => void heard.push('resumed'),
  }
  const watch = new TaskWatch(client, listener, { clock: systemClock, log: createLog('agent', 'silent') })
  return {
    heard,
    watch,
    subscribed: () => {
      const stream = arrived.shift()
      return stream === undefined ? new Promise<Stream>((resolve) => waiting.push(resolve)) : Promise.resolve(stream)
    },
    send: (stream: Stream, topic: string, event: TaskEvent) => {
      const body = { typeUrl: '', value: Buffer.from(TaskEvent.encode(event).finish()) }
      stream.write({ namespace: 'k8s.io', topic, event: body })
    },
    [Symbol.asyncDispose]: async () => {
      watch[Symbol.dispose]()
      client[Symbol.dispose]()
      server.forceShutdown()
      rmSync(folder, { recursive: true })
    },
  }
}
