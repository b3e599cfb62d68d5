/** The commands against a real core and a real agent, whose pods are processes. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECKOUT } from './child.ts'
import { FornaxWorld } from './fornax-world.ts'

const NODE = 'node-of-the-test'
const HELLO = join(CHECKOUT, 'examples/hello/app.yaml')

/** An ordinary server that knows nothing of Fornax, with three ports. */
const SERVER = `
import { createServer } from 'node:http'
for (const name of ['WEB', 'API', 'ADMIN'])
  createServer((_, answer) => { console.log('asked at ' + name); answer.end(name) })
    .listen(Number(process.env['FORNAX_PORT_' + name]), '127.0.0.1')
console.log('the server runs')
`
const PLAIN = `name: plain
version:
  image: host
  workingDirectory: .
  command: [node, server.mjs]
  ports:
    - { name: web, containerPort: 8080 }
    - { name: api, containerPort: 8081 }
    - { name: admin, containerPort: 8082 }
  readiness: { tcp: { portName: admin } }
scalingPolicy: { maxPods: 4, idleCount: { low: 1, high: 2 } }
`

let world: FornaxWorld
beforeAll(async () => {
  world = await FornaxWorld.start()
  await world.startAgent(NODE)
  world.write('server.mjs', SERVER)
  const plain = world.write('plain.yaml', PLAIN)
  const applied = await world.cli(['apply', '-f', HELLO, '-f', plain])
  expect(applied).toEqual({ code: 0, out: 'application/hello created\napplication/plain created\n', err: '' })
})
afterAll(() => world[Symbol.asyncDispose]())

describe('open', () => {
  it('prints nothing but an endpoint that answers, and hands the data and variables over', async () => {
    const opened = await world.cli(['open', 'hello', '--data', 'a "text"\n', '--env', 'MODE=demo=1'])
    expect(opened.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
    expect(opened.err).toMatch(/^session\/ses-\S+ available after [\d.]+ m?s \((warm|cold)\)\n$/)
    const shown = (await (await fetch(opened.out.trim())).json()) as { session: Record<string, unknown> }
    expect(shown.session).toMatchObject({ text: 'a "text"\n', env: { MODE: 'demo=1' } })
    await closeAll()
  })

  it('hands over the bytes of a file exactly', async () => {
    const bytes = Buffer.from(Array.from({ length: 64 * 1024 }, (_, at) => (at * 31) % 256))
    const file = world.write('data.bin', '')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(file, bytes)
    const opened = await world.cli(['open', 'hello', '--data', `@${file}`, '-o', 'url'])
    const shown = (await (await fetch(opened.out.trim())).json()) as { session: { dataBase64: string } }
    expect(Buffer.from(shown.session.dataBase64, 'base64').equals(bytes)).toBe(true)
    await closeAll()
  })

  it('prints every endpoint of a pod with several ports, each with its name', async () => {
    const { out } = await world.cli(['open', 'plain'])
    const endpoints = out
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(new Set(endpoints.map(([name]) => name))).toEqual(new Set(['admin', 'api', 'web']))
    for (const [name = '', url = ''] of endpoints) expect(await (await fetch(url)).text()).toBe(name.toUpperCase())
    await closeAll()
  })

  it('gives the whole session to programs', async () => {
    const opened = await world.cli(['open', 'hello', '-o', 'json', '--label', 'team=a'])
    const session = JSON.parse(opened.out) as Record<string, unknown>
    expect(session).toMatchObject({ kind: 'Session', phase: 'AVAILABLE', applicationName: 'hello', nodeName: NODE })
    expect(await world.cli(['get', 'sessions', '-l', 'team=a', '--node', NODE, '-o', 'name'])).toMatchObject({
      out: `session/${String(session['id'])}\n`,
    })
    await closeAll()
  })
})

it('describe shows every step of a session, in order, each with its time', async () => {
  const id = await open('hello')
  const { out } = await world.cli(['describe', 'session', id])
  const steps = ['Asked', 'Pod taken', 'Command sent', 'Started', 'Available']
  const lines = steps.map((step) =>
    out.split('\n').findIndex((line) => new RegExp(`^ +${step} +[\\d.]+ m?s +[\\d.]+ m?s`).test(line)),
  )
  expect(lines.every((line) => line > 0)).toBe(true)
  expect(lines).toEqual(lines.toSorted((left, right) => left - right))
  await closeAll()
})

describe('watch', () => {
  it('shows a session from its opening to its end', async () => {
    await using live = world.live(['watch', 'sessions', '--application', 'hello'])
    await live.until(({ out }) => out.startsWith('ID '))
    const id = await open('hello')
    await live.until(({ out }) => new RegExp(`^${id} +hello +Available +\\w+ +${NODE} +http://`, 'm').test(out))
    await world.cli(['close', id])
    await live.until(({ out }) => new RegExp(`^${id} +hello +Closed`, 'm').test(out))
    expect(await live.stop('SIGTERM')).toBe(143)
  })
})

describe('logs', () => {
  it('prints what a pod wrote, named by itself or by its session', async () => {
    const id = await open('plain')
    const pod = await podOf(id)
    for (const name of [pod, `pod/${pod}`, id, `session/${id}`])
      expect((await world.cli(['logs', name])).out).toMatch(/^the server runs\n/)
    await closeAll()
  })

  it('follows, until Ctrl-C', async () => {
    const id = await open('plain')
    await using live = world.live(['logs', '-f', id, '--tail', '1'])
    await live.until(({ out }) => out !== '')
    const before = live.out
    const { out } = await world.cli(['get', 'session', id, '-o', 'json'])
    const { endpoints } = JSON.parse(out) as { endpoints: { name: string; url: string }[] }
    await fetch(endpoints.find(({ name }) => name === 'api')?.url ?? '')
    await live.until((written) => written.out === `${before}asked at API\n`)
    expect(await live.stop('SIGINT')).toBe(130)
    expect(live.err).toBe('')
    await closeAll()
  })

  it('begins with as many lines as asked for', async () => {
    const id = await open('plain')
    expect((await world.cli(['logs', id, '--tail', '0'])).out).toBe('')
    await closeAll()
  })

  it('says that there is no such pod, and which was meant', async () => {
    const id = await open('plain')
    const pod = await podOf(id)
    const { code, err } = await world.cli(['logs', pod.slice(0, -1)])
    expect({ code, isMeant: err.includes(`Did you mean ${pod}?`) }).toEqual({ code: 1, isMeant: true })
    await closeAll()
  })
})

describe('nodes', () => {
  it('are listed, described and measured', async () => {
    expect((await world.cli(['get', 'nodes'])).out).toMatch(new RegExp(`^${NODE} +Ready `, 'm'))
    expect((await world.cli(['describe', 'node', NODE])).out).toContain('process   isolation None')
    const used = await world.cli(['top'])
    expect(used.code).toBe(0)
    expect(used.out).toMatch(new RegExp(`^NODE +CPU +CPU% +MEMORY[^\\n]*\\n${NODE} `))
    expect(used.out).toMatch(/^pod-\S+ +(hello|plain) /m)
  })

  it('take no new pods while they are cordoned', async () => {
    expect((await world.cli(['cordon', NODE])).out).toBe(`node/${NODE} cordoned\n`)
    expect((await world.cli(['get', 'node', NODE, '--no-headers'])).out).toContain('Ready,Cordoned')
    expect((await world.cli(['uncordon', NODE])).out).toBe(`node/${NODE} uncordoned\n`)
    expect((await world.cli(['get', 'node', NODE, '--no-headers'])).out).not.toContain('Cordoned')
  })

  it('are emptied by a drain', async () => {
    const id = await open('hello')
    const drained = await world.cli(['drain', NODE, '--sessions-may-last', '0'])
    expect(drained.out).toBe(`node/${NODE} draining, 1 open session may last 0s\n`)
    await using live = world.live(['watch', 'session', id, '-o', 'json'])
    await live.until(({ out }) => out.includes('"CLOSED"'))
    expect(live.out).toContain('"DRAINED"')
    await world.cli(['uncordon', NODE])
  })
})

async function open(application: string): Promise<string> {
  const { out, err } = await world.cli(['open', application, '-o', 'name', '--timeout', '15s'])
  if (out === '') throw new Error(err)
  return out.trim().slice('session/'.length)
}

async function podOf(session: string): Promise<string> {
  const { out } = await world.cli(['get', 'session', session, '-o', 'json'])
  return (JSON.parse(out) as { podId: string }).podId
}

async function closeAll(): Promise<void> {
  const { out } = await world.cli(['get', 'sessions', '-o', 'name'])
  const names = out.split('\n').filter((line) => line !== '')
  if (names.length > 0) await world.cli(['close', ...names])
}
