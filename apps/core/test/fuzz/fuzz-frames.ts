/** Mutated frames on a stream: bytes as they would lie on the wire, past all types. */
import {
  credentials,
  Client,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  type ServiceError,
} from '@grpc/grpc-js'
import { expect } from 'vitest'
import { heapBytes } from './memory.ts'
import { chanceOf, mutateBytes } from './mutate.ts'

export type FrameFuzz = {
  /** As gRPC names it: `host:port`, or `unix:/path`. */
  readonly address: string
  readonly shown?: ChannelCredentials
  readonly options?: ClientOptions
  /** As in `/fornax.session.v1.SessionService/Serve`. */
  readonly method: string
  /** How a good stream begins. */
  readonly hello: Uint8Array
  /** What may follow. */
  readonly frames: readonly Uint8Array[]
  readonly count: number
  readonly seed: number
  /** What the other side said that it did not expect. */
  readonly unexpected: () => readonly string[]
  /** Whether an honest one is served after all of it. Rejects when not. */
  readonly stillServes: () => Promise<void>
}

const FRAMES_OF_A_STREAM = 20
const ANSWER_MS = 2_000

/** Nothing that was not expected, no more memory than before, and an honest one is served afterwards. */
export async function fuzzFrames(fuzz: FrameFuzz): Promise<void> {
  const client = new Client(fuzz.address, fuzz.shown ?? credentials.createInsecure(), fuzz.options ?? {})
  try {
    const streams = Math.ceil(fuzz.count / FRAMES_OF_A_STREAM)
    const warm = Math.ceil(streams / 3)
    for (let number = 0; number < warm; number += 1) await fuzzStream(client, fuzz, number)
    const before = await heapBytes()
    let answered = 0
    for (let number = warm; number < streams; number += 1) answered += await fuzzStream(client, fuzz, number)
    expect((await heapBytes()) - before, 'the heap grew by so many bytes').toBeLessThan(48 * 2 ** 20)
    // Nonsense that never gets past the hello finds nothing.
    expect(answered / (streams - warm)).toBeGreaterThan(0.3)
  } finally {
    client.close()
  }
  await fuzz.stillServes()
}

/** 1: the other side has said something; 0: nothing. */
async function fuzzStream(client: Client, fuzz: FrameFuzz, number: number): Promise<0 | 1> {
  const chance = chanceOf(fuzz.seed + number)
  const asIs = (bytes: Buffer): Buffer => bytes
  const stream: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(fuzz.method, asIs, asIs)
  const ended = new Promise<string>((resolve) => {
    stream.on('error', ({ details }: ServiceError) => resolve(details))
    stream.on('end', () => resolve(''))
  })
  let hasSpoken: 0 | 1 = 0
  stream.on('data', () => (hasSpoken = 1))
  stream.write(Buffer.from(chance.isHit(0.85) ? fuzz.hello : mutateBytes(fuzz.hello, chance)))
  for (let count = 1; count < FRAMES_OF_A_STREAM; count += 1) {
    const frame = chance.pick(fuzz.frames)
    stream.write(chance.isHit(0.3) ? Buffer.from(frame) : mutateBytes(frame, chance))
  }
  stream.end()
  const late = setTimeout(() => stream.cancel(), ANSWER_MS)
  const details = await ended
  clearTimeout(late)
  const why = `seed ${fuzz.seed + number}: ${details}`
  expect(details, why).not.toMatch(/\n\s+at |node_modules|\.ts:\d+/)
  expect(fuzz.unexpected(), why).toEqual([])
  return hasSpoken
}
