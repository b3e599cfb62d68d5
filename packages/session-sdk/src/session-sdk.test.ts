import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Clock } from '@fornax/kernel/clock'
import { scratchAgent, scratchPod } from '../test/scratch-agent.ts'
import { NotInFornaxError, serve, type Session } from './session-sdk.ts'

describe('serving sessions', () => {
  it('hands the data over byte for byte, with the env, and says when the session is open', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    const arrived = Promise.withResolvers<Session>()
    pod.serve({ onOpen: (session) => arrived.resolve(session) })
    expect(await agent.meet()).toMatchObject({ sessions: [] })
    const data = randomBytes(64 * 1024)
    agent.open('ses-a', data, { LEVEL: '7', empty: '' })
    const session = await arrived.promise
    expect(session).toMatchObject({ id: 'ses-a', env: { LEVEL: '7', empty: '' } })
    expect(session.data.constructor).toBe(Uint8Array)
    expect(Buffer.compare(session.data, data)).toBe(0)
    expect(await agent.expect('opened')).toEqual({ sessionId: 'ses-a' })
    expect(session.phase).toBe('open')
  })

  it('refuses a session when onOpen throws, with its message', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    const server = pod.serve({
      onOpen: () => Promise.reject(new Error('unknown map')),
    })
    await agent.meet()
    agent.open('ses-a')
    expect(await agent.expect('refused')).toEqual({ sessionId: 'ses-a', message: 'unknown map' })
    expect(server.sessions()).toEqual([])
  })

  it('closes when asked: the signal first, then onClose with the grace, then the word', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    const story: string[] = []
    const server = pod.serve({
      onOpen: (session) => session.closing.addEventListener('abort', () => story.push(`closing, ${session.phase}`)),
      onClose: async (_session, { graceMs }) => void story.push(`onClose within ${graceMs}`),
    })
    await agent.meet()
    agent.open('ses-a')
    await agent.expect('opened')
    agent.close('ses-a', 250)
    expect(await agent.expect('closed')).toEqual({ sessionId: 'ses-a', message: '' })
    expect(story).toEqual(['closing, closing', 'onClose within 250'])
    expect(server.sessions()).toEqual([])
  })

  it('closes a session from inside, with a message', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    const opened = Promise.withResolvers<Session>()
    pod.serve({ onOpen: (session) => opened.resolve(session) })
    await agent.meet()
    agent.open('ses-a')
    await agent.expect('opened')
    const session = await opened.promise
    await session.close('game over')
    expect(session.phase).toBe('closed')
    expect(await agent.expect('closed')).toEqual({ sessionId: 'ses-a', message: 'game over' })
    session.setClientCount(5) // Late, and harmless.
  })

  it('says that a session is closed even if onClose throws, and reports the failure', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    const problems: Error[] = []
    pod.serve({
      onOpen: () => {},
      onClose: () => {
        throw new Error('disk full')
      },
      onProblem: (problem) => problems.push(problem),
    })
    await agent.meet()
    agent.open('ses-a')
    await agent.expect('opened')
    agent.close('ses-a')
    expect(await agent.expect('closed')).toEqual({ sessionId: 'ses-a', message: 'onClose failed: disk full' })
    expect(problems.map((problem) => problem.message)).toEqual(['onClose of session ses-a failed'])
  })

  it('changes nothing when the agent repeats itself, and answers again', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    let opens = 0
    pod.serve({ onOpen: () => void (opens += 1) })
    await agent.meet()
    agent.open('ses-a')
    await agent.expect('opened')
    agent.open('ses-a')
    await agent.expect('opened')
    agent.close('ses-a')
    await agent.expect('closed')
    agent.open('ses-a')
    await agent.expect('closed')
    expect(opens).toBe(1)
  })

  it('says the latest client count of a burst, once', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    const opened = Promise.withResolvers<Session>()
    pod.serve({ onOpen: (session) => opened.resolve(session) })
    await agent.meet()
    agent.open('ses-a')
    await agent.expect('opened')
    const session = await opened.promise
    for (let clients = 1; clients <= 1_000; clients += 1) session.setClientCount(clients)
    expect(await agent.expect('clientCount')).toEqual({ sessionId: 'ses-a', clients: 1_000 })
    expect(session.clientCount).toBe(1_000)
    expect(() => session.setClientCount(-1)).toThrow('whole number')
  })
})

describe('an agent that comes and goes', () => {
  it('is told again what is true after it was killed: what is open, with how many clients', async () => {
    await using pod = await scratchPod()
    const opened = Promise.withResolvers<Session>()
    const lost = Promise.withResolvers<void>()
    let closes = 0
    pod.serve({
      onOpen: (session) => opened.resolve(session),
      onClose: () => void (closes += 1),
      onProblem: () => lost.resolve(),
    })
    {
      await using agent = await scratchAgent(pod.socketPath)
      await agent.meet()
      agent.open('ses-a')
      await agent.expect('opened')
    }
    await lost.promise
    const session = await opened.promise
    session.setClientCount(2)
    await using successor = await scratchAgent(pod.socketPath)
    expect((await successor.meet()).sessions).toEqual([{ sessionId: 'ses-a', clientCount: 2, isOpen: true }])
    successor.open('ses-a')
    await successor.expect('opened')
    expect(closes).toBe(0)
  })

  it('hears what ended while it was away, and why', async () => {
    await using pod = await scratchPod()
    const opened = Promise.withResolvers<Session>()
    const lost = Promise.withResolvers<void>()
    pod.serve({
      onOpen: (session) => opened.resolve(session),
      onProblem: () => lost.resolve(),
    })
    {
      await using agent = await scratchAgent(pod.socketPath)
      await agent.meet()
      agent.open('ses-a')
      await agent.expect('opened')
    }
    await lost.promise
    await (await opened.promise).close('game over')
    await using successor = await scratchAgent(pod.socketPath)
    expect((await successor.meet()).sessions).toEqual([])
    expect(await successor.expect('closed')).toEqual({ sessionId: 'ses-a', message: 'game over' })
  })

  it('may be late: an application that was there first finds it', async () => {
    await using pod = await scratchPod()
    const missed = Promise.withResolvers<Error>()
    pod.serve({
      onOpen: () => {},
      onProblem: (problem) => missed.resolve(problem),
    })
    expect((await missed.promise).message).toBe('the connection to the agent is lost')
    await using agent = await scratchAgent(pod.socketPath)
    expect(await agent.meet()).toMatchObject({ sdkVersion: expect.stringContaining('node/') })
  })

  it('may hang up, and is called again', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    pod.serve({ onOpen: () => {} })
    await agent.meet()
    agent.hangUp()
    await agent.meet()
  })

  it('gets a heartbeat at the interval that it asked for', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath, 200)
    pod.serve({ onOpen: () => {} })
    await agent.meet()
    await agent.expect('heartbeat')
    await agent.expect('heartbeat')
  })

  it('is called anew when it has beaten and then says nothing for a long time', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath, 1_000)
    const clock = handClock()
    const opened = Promise.withResolvers<void>()
    pod.serve({ clock, onOpen: () => opened.resolve() })
    await agent.meet()
    agent.say({ $case: 'heartbeat', value: {} })
    agent.open('ses-a') // Behind the heartbeat, so that it has arrived when this is answered.
    await agent.expect('opened')
    for (let beat = 0; beat < 4; beat += 1) clock.advance(1_000)
    for (let beat = 0; beat < 4; beat += 1) await agent.expect('heartbeat')
    const backoff = clock.nextSchedule()
    clock.advance(1_000)
    await backoff
    clock.advance(1_000)
    expect((await agent.meet()).sessions).toEqual([{ sessionId: 'ses-a', clientCount: 0, isOpen: true }])
  })

  it('is not blamed for the time in which the pod was frozen', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath, 1_000)
    const clock = handClock()
    pod.serve({ clock, onOpen: () => {} })
    await agent.meet()
    agent.say({ $case: 'heartbeat', value: {} })
    agent.open('ses-a')
    await agent.expect('opened')
    clock.advance(3_600_000) // One late tick, as after a thaw.
    await agent.expect('heartbeat') // On the same connection.
    agent.open('ses-a')
    await agent.expect('opened')
  })
})

describe('outside Fornax', () => {
  it('says what is missing and what to do', () => {
    expect(() => serve({ onOpen: () => {}, socketPath: '' })).toThrow(NotInFornaxError)
    expect(() => serve({ onOpen: () => {}, socketPath: '' })).toThrow(
      /FORNAX_SESSION_SOCKET is not set.*standalone: true/,
    )
  })

  it('serves nothing when told that it may stand alone', async () => {
    await using server = serve({ onOpen: () => {}, socketPath: '', standalone: true })
    expect(server.sessions()).toEqual([])
  })
})

type HandClock = Clock & {
  advance: (ms: number) => void
  /** Resolves when somebody next asks to be woken. */
  nextSchedule: () => Promise<void>
}

/** Time that moves only by hand: what is due runs once, as after a freeze, however late it is. */
function handClock(): HandClock {
  let nowMs = 1_000_000
  let scheduled = Promise.withResolvers<void>()
  const due = new Set<{ readonly atMs: number; readonly work: () => void }>()
  return {
    nowMs: () => nowMs,
    schedule: (delayMs, work) => {
      const entry = { atMs: nowMs + delayMs, work }
      due.add(entry)
      scheduled.resolve()
      return () => void due.delete(entry)
    },
    advance: (ms) => {
      nowMs += ms
      for (const entry of [...due].filter(({ atMs }) => atMs <= nowMs)) {
        due.delete(entry)
        entry.work()
      }
    },
    nextSchedule: () => {
      scheduled = Promise.withResolvers<void>()
      return scheduled.promise
    },
  }
}
