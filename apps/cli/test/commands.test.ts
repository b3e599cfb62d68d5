/** The commands against a real core that has no nodes: everything but pods. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { FornaxWorld } from './fornax-world.ts'

const HELLO = `kind: Application
name: hello
version:
  image: host
  workingDirectory: .
  command: [node, server.js]
  ports:
    - { name: web, containerPort: 8080 }
scalingPolicy:
  maxPods: 5
`

let world: FornaxWorld
beforeAll(async () => {
  world = await FornaxWorld.start()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('events', () => {
  it('are listed newest first, by application and by severity, and described by their ids', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'eventful') })
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'eventful').replace('5', '6') })
    const { out, code } = await world.cli(['get', 'events', '--application', 'eventful'])
    expect(code).toBe(0)
    const [header, ...rows] = out.trimEnd().split('\n')
    expect(header).toMatch(/^AGE +KIND +OBJECT +COUNT +MESSAGE/)
    expect(rows.map((row) => row.split(/\s+/)[1])).toEqual(['ScalingPolicyChanged', 'ApplicationCreated'])
    const { items } = Object(await json(['get', 'events', '--application', 'eventful', '-o', 'json']))
    expect(items).toMatchObject([{ kind: 'Event', eventKind: 'SCALING_POLICY_CHANGED', severity: 'INFO' }, {}])
    const described = await world.cli(['describe', 'event', items[1].id])
    expect(described.out).toContain('it is created, with host')
    const none = await world.cli(['get', 'events', '--application', 'eventful', '--phase', 'error'])
    expect(none.err).toContain('No events found with these filters.')
  })

  it('that are none are not found', async () => {
    const { code, err } = await world.cli(['describe', 'event', 'evt-0000000000000000'])
    expect(code).toBe(1)
    expect(err).toContain('event "evt-0000000000000000" not found')
  })
})

it('a drain that is only tried says so when there is no such node', async () => {
  const { code, err } = await world.cli(['drain', 'nobody', '--dry-run'])
  expect(code).toBe(1)
  expect(err).toContain('node "nobody" not found')
})

describe('apply', () => {
  it('creates, then has nothing to do, then changes only what differs', async () => {
    const file = world.write('apply.yaml', HELLO.replace('hello', 'applied'))
    expect(await world.cli(['apply', '-f', file])).toEqual({ code: 0, out: 'application/applied created\n', err: '' })
    expect((await world.cli(['apply', '-f', file])).out).toBe('application/applied unchanged\n')
    world.write('apply.yaml', HELLO.replace('hello', 'applied').replace('maxPods: 5', 'maxPods: 6'))
    expect((await world.cli(['apply', '-f', file])).out).toBe('application/applied configured (scaling policy)\n')
    world.write('apply.yaml', HELLO.replace('hello', 'applied').replace('server.js', 'other.js'))
    expect((await world.cli(['apply', '-f', file, '--dry-run'])).out).toContain('(not done: --dry-run)')
    expect((await world.cli(['apply', '-f', file])).out).toBe(
      'application/applied configured (new version, scaling policy)\n',
    )
    const { version, scalingPolicy } = await json(['get', 'application', 'applied', '-o', 'json'])
    expect(version).toMatchObject({ number: 2, command: ['node', 'other.js'], workingDirectory: world.folder })
    expect(scalingPolicy).toMatchObject({ maxPods: 5 })
  })

  it('takes several documents, also from the standard input', async () => {
    const input = `${HELLO.replace('hello', 'one')}---\n${HELLO.replace('hello', 'two')}`
    const { out, code } = await world.cli(['apply', '-f', '-'], { input })
    expect({ out, code }).toEqual({ out: 'application/one created\napplication/two created\n', code: 0 })
  })

  it('takes back what get shows, and refuses it once somebody else has written in between', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'round') })
    const shown = await world.cli(['get', 'application', 'round', '-o', 'yaml'])
    expect((await world.cli(['apply', '-f', '-'], { input: shown.out })).out).toBe('application/round unchanged\n')
    const edited = shown.out.replace('maxPods: 5', 'maxPods: 7')
    expect((await world.cli(['apply', '-f', '-'], { input: edited })).out).toContain('configured (scaling policy)')
    const late = await world.cli(['apply', '-f', '-'], { input: edited.replace('maxPods: 7', 'maxPods: 8') })
    expect(late.code).toBe(1)
    expect(late.err).toContain('Somebody else wrote in between')
  })

  it('takes a whole list back', async () => {
    const shown = await world.cli(['get', 'applications', '-o', 'yaml'])
    const again = await world.cli(['apply', '-f', '-'], { input: shown.out })
    expect(again.code).toBe(0)
    expect(again.out).toMatch(/^(application\/\S+ unchanged\n)+$/)
  })

  it('says where YAML does not parse', async () => {
    const file = world.write('broken.yaml', 'name: a\nversion: [1,\n')
    const { code, err } = await world.cli(['apply', '-f', file])
    expect(code).toBe(1)
    expect(err).toMatch(/^error: .*broken\.yaml:3:1: /)
  })

  it('says where an unknown field stands, and which one was meant', async () => {
    const file = world.write('unknown.yaml', HELLO.replace('containerPort', 'containerport'))
    const { code, err } = await world.cli(['apply', '-f', file])
    expect(code).toBe(1)
    expect(err).toContain('unknown.yaml:8:20: containerport is not a field here; did you mean containerPort?')
  })

  it.each([
    ['minPods: 9, maxPods: 5', ':10:5: ', 'minPods is 9, more than maxPods (5)'],
    ['maxPods: 5, idleCount: { low: 4, high: 2 }', ':10:30: ', 'idleCount.low is 4'],
    ['maxPods: 5, idlePercent: { low: 4, high: 101 }', ':10:40: ', 'idlePercent.high is 101'],
  ])('says where the server finds fault: %s', async (policy, place, message) => {
    const text = HELLO.replace('scalingPolicy:\n  maxPods: 5', `scalingPolicy:\n  { ${policy} }`)
    const file = world.write('fault.yaml', text.replace('hello', 'faulty'))
    const { code, err } = await world.cli(['apply', '-f', file])
    expect(code).toBe(1)
    expect(err).toContain(`fault.yaml${place}application "faulty": ${message}`)
  })

  it('says that a file is not there', async () => {
    const { code, err } = await world.cli(['apply', '-f', 'nowhere.yaml'])
    expect({ code, says: err.includes('nowhere.yaml cannot be read') }).toEqual({ code: 1, says: true })
  })
})

describe('get', () => {
  it('prints a table with upper-case headers', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'listed') })
    const { out, code } = await world.cli(['get', 'applications'])
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toMatch(/^NAME\s{3,}VERSION\s{3}STANDBY\s{3}ACTIVE\s{3}PODS/)
    expect(out).toMatch(/^listed\s+1\s+0\s+0\s+0\/5\s+0\s+0\s+-\s+\d+s$/m)
  })

  it('prints nothing but a note when there is nothing', async () => {
    expect(await world.cli(['get', 'pods'])).toEqual({ code: 0, out: '', err: 'No pods found.\n' })
    expect((await world.cli(['get', 'nodes', '-o', 'json'])).out).toContain('"items": []')
  })

  it('answers to the short names of kinds, and to KIND/NAME', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'short') })
    expect((await world.cli(['get', 'app/short', '-o', 'name'])).out).toBe('application/short\n')
    expect((await world.cli(['get', 'app', 'short', '--no-headers'])).out).toMatch(/^short /)
  })

  it('prints one object for one name, and a list for a list', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'object') })
    expect(await json(['get', 'application', 'object', '-o', 'json'])).toMatchObject({
      kind: 'Application',
      name: 'object',
    })
    expect(await json(['get', 'applications', '-o', 'json'])).toMatchObject({ kind: 'ApplicationList' })
    const yaml = await world.cli(['get', 'application', 'object', '-o', 'yaml'])
    expect(parse(yaml.out)).toMatchObject({ kind: 'Application', name: 'object' })
  })

  it('suggests the name that was meant', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'suggested') })
    const { code, err } = await world.cli(['get', 'application', 'sugested'])
    expect(code).toBe(1)
    expect(err).toBe(
      'error: application "sugested" not found\n  Did you mean suggested? The ones there are: fornax get applications\n',
    )
  })

  it('pages through everything', async () => {
    await using client = world.client()
    const { CreateApplicationDocument } = await import('@fornax/client/generated/documents')
    const names = Array.from({ length: 520 }, (_, at) => `many-${String(at).padStart(3, '0')}`)
    const create = (name: string): Promise<unknown> =>
      client.request(CreateApplicationDocument, { input: { name, version: { image: 'host', command: ['true'] } } })
    await Promise.all(names.map(create))
    const all = await world.cli(['get', 'applications', '-o', 'name'])
    expect(all.out.split('\n').filter((line) => line.startsWith('application/many-'))).toHaveLength(520)
    const few = await world.cli(['get', 'applications', '-o', 'name', '--limit', '3'])
    expect(few.out.split('\n').filter((line) => line !== '')).toHaveLength(3)
    expect(few.err).toContain('There are more')
    await world.cli(['delete', 'application', ...names])
  })
})

describe('sessions without a node', () => {
  it('open says at once that there is no such application', async () => {
    const { code, out, err } = await world.cli(['open', 'nothing-like-it'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('error: application "nothing-like-it" not found')
  })

  it('open fails when its session is not available in time, and says where to look', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'slow') })
    const { code, out, err } = await world.cli(['open', 'slow', '--timeout', '200ms'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^error: session ses-\S+ was not opened: No pod was available in time/)
    expect(err).toContain('fornax describe session ses-')
  })

  it('open without waiting gives the session, which get, describe and close know', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'queued') })
    const opened = await world.cli([
      'open',
      'queued',
      '--wait',
      'none',
      '-o',
      'name',
      '--label',
      'team=a',
      '--timeout',
      '60s',
    ])
    expect(opened.out).toMatch(/^session\/ses-\S+\n$/)
    const id = opened.out.trim().slice('session/'.length)
    expect((await world.cli(['get', 'sessions', '-l', 'team=a', '--no-headers'])).out).toMatch(
      new RegExp(`^${id} +queued +Pending`),
    )
    const described = await world.cli(['describe', opened.out.trim()])
    expect(described.out).toMatch(/^Session:\s+ses-/)
    expect(described.out).toMatch(/STEP\s+SINCE ASKED\s+AFTER\s+AT\s+BY\n\s+Asked\s+0\.0 ms/)
    expect((await world.cli(['close', id])).out).toMatch(new RegExp(`^session/${id} clos(ing|ed)\n$`))
    expect((await world.cli(['get', 'sessions', '-l', 'team=a', '-o', 'name'])).out).toBe('')
    expect((await world.cli(['get', 'sessions', '-l', 'team=a', '--all', '-o', 'name'])).out).toBe(opened.out)
  })

  it('close tries every session, and fails when one is unknown', async () => {
    const { code, err } = await world.cli(['close', 'ses-0000000000000000', 'ses-0000000000000001'])
    expect(code).toBe(1)
    expect(err.match(/not found/g)).toHaveLength(2)
  })

  it('refuses data of more than 64 KiB before anything happens', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'large') })
    world.write('large.bin', 'x'.repeat(64 * 1024 + 1))
    const { code, err } = await world.cli(['open', 'large', '--data', '@large.bin'])
    expect(code).toBe(1)
    expect(err).toContain('data is larger than 65536 bytes')
  })

  it('gives the same session for the same key', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'keyed') })
    const words = ['open', 'keyed', '--wait', 'none', '-o', 'name', '--timeout', '60s', '--idempotency-key', 'k1']
    const first = await world.cli(words)
    expect((await world.cli(words)).out).toBe(first.out)
    const other = await world.cli([...words, '--label', 'a=b'])
    expect(other.code).toBe(1)
    expect(other.err).toContain('another input')
    await world.cli(['close', first.out.trim()])
  })
})

describe('watch', () => {
  it('shows what there is, then each change, and ends quietly with 130 at Ctrl-C', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'watched') })
    await using live = world.live(['watch', 'sessions', '--application', 'watched'])
    await live.until(({ out }) => out.startsWith('ID '))
    const opened = await world.cli(['open', 'watched', '--wait', 'none', '-o', 'name', '--timeout', '60s'])
    const id = opened.out.trim().slice('session/'.length)
    await live.until(({ out }) => new RegExp(`^${id} +watched +Pending`, 'm').test(out))
    await world.cli(['close', id])
    await live.until(({ out }) => new RegExp(`^${id} +watched +Closed`, 'm').test(out))
    expect(await live.stop('SIGINT')).toBe(130)
    expect(live.err).toBe('')
  })

  it('goes on after the core was killed and came back, and misses nothing', async () => {
    await using other = await FornaxWorld.start()
    await using live = other.live(['watch', 'applications', '-o', 'name'])
    await other.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'first') })
    await live.until(({ out }) => out.includes('application/first\n'))
    await other.killCore()
    await live.until(({ err }) => err.includes('The connection is lost'))
    await other.startCore()
    await other.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'second') })
    await live.until(({ out }) => out.includes('application/second\n'))
    expect(live.err).toContain('Connected again')
  })

  it('fails when there is no server to begin with', async () => {
    const { code, err } = await world.cli(['watch', 'pods', '--server', 'http://127.0.0.1:1'])
    expect(code).toBe(1)
    expect(err).toContain('Is Fornax running? Start it with: npm start')
  })

  it('writes objects for programs, one on a line', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'streamed') })
    await using live = world.live(['get', 'app', 'streamed', '--watch', '-o', 'json'])
    await live.until(({ out }) => out.includes('\n'))
    expect(JSON.parse(live.out.split('\n')[0] ?? '')).toMatchObject({ kind: 'Application', name: 'streamed' })
  })
})

describe('rollout', () => {
  it('lists versions, and goes back to one', async () => {
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'rolled') })
    expect((await world.cli(['rollout', 'undo', 'rolled'])).err).toContain('has only one version')
    await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'rolled').replace('server.js', 'new.js') })
    expect((await world.cli(['rollout', 'undo', 'rolled'])).out).toBe(
      'application/rolled rolled back to version 1, now version 3\n',
    )
    const history = (await world.cli(['rollout', 'history', 'app/rolled'])).out.split('\n')
    expect(history[1]).toMatch(/^3 +newest +host +node server\.js/)
    expect(history[3]).toMatch(/^1 /)
  })
})

describe('access', () => {
  it('makes a token for another role, which may do just that, and revokes it', async () => {
    const created = await world.cli(['token', 'create', 'reader', '--role', 'viewer'])
    expect(created.code).toBe(0)
    const env = { FORNAX_TOKEN: created.out.trim() }
    expect((await world.cli(['get', 'applications'], { env })).code).toBe(0)
    const refused = await world.cli(['apply', '-f', '-'], { env, input: HELLO.replace('hello', 'forbidden') })
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('role')
    const id = /token\/(\S+)/.exec(created.err)?.[1] ?? ''
    expect((await world.cli(['token', 'list'])).out).toContain(id)
    expect((await world.cli(['token', 'revoke', id])).out).toBe(`token/${id} revoked\n`)
    const gone = await world.cli(['get', 'applications'], { env })
    expect(gone.code).toBe(1)
    expect(gone.err).toContain('The token is from FORNAX_TOKEN')
  })

  it('adds and lists tenants', async () => {
    expect((await world.cli(['tenant', 'create', 'acme'])).out).toBe('tenant/acme created\n')
    expect((await world.cli(['tenant', 'list'])).out).toMatch(/^acme /m)
    expect((await world.cli(['tenant', 'create', 'Not A Label'])).code).toBe(1)
  })

  it('says who one is', async () => {
    const { out } = await world.cli(['version'])
    expect(out).toMatch(/^Fornax +\d+\.\d+\.\d+\nServer +http:.*\nRole +operator of /)
  })
})

describe('nodes', () => {
  it.each(['cordon', 'uncordon', 'drain'])('%s says that there is no such node', async (command) => {
    const { code, err } = await world.cli([command, 'nowhere'])
    expect({ code, says: err.startsWith('error: node "nowhere" not found') }).toEqual({ code: 1, says: true })
  })
})

describe('mistakes in the command line', () => {
  it.each<[string[], string]>([
    [['gte', 'pods'], 'Did you mean get?'],
    [['get', 'pds'], 'Did you mean pods?'],
    [['get', 'pods', '-o', 'jsn'], 'Allowed choices are wide, name, json, yaml'],
    [['get', 'nodes', '--application', 'a'], '--application does not apply to nodes'],
    [['open'], "missing required argument 'application'"],
    [['open', 'a', '--timeout', '10'], 'A duration has a unit'],
    [['open', 'a', '--env', 'x'], 'is not of the form NAME=VALUE'],
    [['delete'], 'fornax delete application NAME'],
    [['delete', 'pod', 'x'], 'pods cannot be deleted'],
    [['apply'], "required option '-f, --filename <file>' not specified"],
    [['token', 'create', 'x', '--role', 'king'], 'Allowed choices are operator, admin, developer, viewer'],
  ])('%j', async (words, message) => {
    const { code, out, err } = await world.cli(words)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(message)
  })

  it('are not made by asking for help', async () => {
    for (const words of [[], ['--help'], ['help'], ['get', '--help'], ['help', 'open']]) {
      const { code, out } = await world.cli(words)
      expect({ words, code, isHelp: out.startsWith('Usage: fornax') }).toEqual({ words, code: 0, isHelp: true })
    }
  })
})

it('ends quietly when who reads its output has seen enough', async () => {
  await using live = world.live(['watch', 'applications', '-o', 'json'])
  await live.until(({ out }) => out !== '')
  live.child.stdout?.destroy()
  await world.cli(['apply', '-f', '-'], { input: HELLO.replace('hello', 'unread') })
  await live.ended
  expect({ code: live.child.exitCode, err: live.err }).toEqual({ code: 0, err: '' })
})

it('prints a script that a shell can read', async () => {
  const { execFileSync } = await import('node:child_process')
  const { out } = await world.cli(['completion', 'bash'])
  const script = `${out}\nCOMP_WORDS=(fornax ge); COMP_CWORD=1; _fornax; echo "\${COMPREPLY[@]}"`
  expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('get\n')
})

async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { out } = await world.cli(words)
  return JSON.parse(out) as Record<string, unknown>
}
