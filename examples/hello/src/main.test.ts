import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { scratchAgent, scratchPod } from '../../../packages/session-sdk/test/scratch-agent.ts'

describe('hello', () => {
  it('serves its session from open to close, counts its clients, and is free for the next one', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    await using hello = startHello({ FORNAX_SESSION_SOCKET: pod.socketPath })
    await agent.meet()
    const url = `http://127.0.0.1:${await hello.port}`
    expect(await show(url)).toEqual({ session: null })

    agent.open('ses-a', Buffer.from('level seven'), { MAP: 'moon' })
    await agent.expect('opened')
    expect(await show(url)).toMatchObject({ session: { id: 'ses-a', text: 'level seven', env: { MAP: 'moon' } } })
    expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).toContain('<td>level seven</td>')

    const client = new WebSocket(`${url.replace('http', 'ws')}/ws`)
    expect(await agent.expect('clientCount')).toEqual({ sessionId: 'ses-a', clients: 1 })
    const left = once(client, 'close')
    agent.close('ses-a')
    await agent.expect('closed')
    expect((await left)[0]).toBe(1001)

    agent.open('ses-b')
    await agent.expect('opened')
    expect(await show(url)).toMatchObject({ session: { id: 'ses-b', clients: 0 } })
    agent.open('ses-c')
    expect(await agent.expect('refused')).toMatchObject({ message: expect.stringContaining('one session at a time') })
  })

  it('does not count a client of the session before, which has not left yet', async () => {
    await using pod = await scratchPod()
    await using agent = await scratchAgent(pod.socketPath)
    await using hello = startHello({ FORNAX_SESSION_SOCKET: pod.socketPath })
    await agent.meet()
    const port = await hello.port
    agent.open('ses-a')
    await agent.expect('opened')
    const lingering = await openDeafClient(port)
    expect(await agent.expect('clientCount')).toEqual({ sessionId: 'ses-a', clients: 1 })
    agent.close('ses-a')
    await agent.expect('closed')
    agent.open('ses-b')
    await agent.expect('opened')
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws`)
    expect(await agent.expect('clientCount')).toEqual({ sessionId: 'ses-b', clients: 1 })
    client.terminate()
    lingering.destroy()
  })

  it('runs without Fornax too, with no session', async () => {
    await using hello = startHello({ FORNAX_SESSION_SOCKET: '' })
    const url = `http://127.0.0.1:${await hello.port}`
    expect(await show(url)).toEqual({ session: null })
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
  })
})

async function show(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

/** A WebSocket that never answers, not even a farewell. */
function openDeafClient(port: number): Promise<Socket> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  return new Promise((resolve, reject) => {
    const call = request({ port, path: '/ws', headers })
    call.once('upgrade', (_response, socket: Socket) => resolve(socket))
    call.once('error', reject)
    call.end()
  })
}

/** The application as a process of its own, ended with SIGTERM. */
function startHello(env: Record<string, string>): AsyncDisposable & { readonly port: Promise<number> } {
  const program = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)
  return {
    port: once(lines, 'line').then(([line]) => Number(/port (\d+)/.exec(String(line))?.[1])),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      expect(await exited).toEqual([0, null])
    },
  }
}
