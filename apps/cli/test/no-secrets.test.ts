/**
 * A whole run at the loudest level, and then a look through everything that it wrote and that others can see: no
 * secret is anywhere but in the few files that are for it, and those only their owner reads.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { CHECKOUT, runCli } from './child.ts'

/** What each of them may hold. Everything else may hold nothing. */
const KEEPERS: Readonly<Record<string, readonly string[]>> = {
  'admin-token': ['admin'],
  'join-token': ['standing'],
}
/** Keys of the core and of the node, which are theirs alone. */
const KEY_FILES: readonly string[] = [
  'node-authority.json',
  'audit-key.pem',
  'secret-key',
  'agent/identity.json',
  ...Object.keys(KEEPERS),
]

/** Whom to trust is for everybody, and which process has the database. */
const PUBLIC_FILES: readonly string[] = ['node-ca.pem', 'fornax.db-owner']

it(
  'leaves no secret in logs, data, ready files, answers, process lists or what a crash leaves',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fornax-secrets-'))
    const secrets = new Map<string, string>()
    const secret = (name: string): string => {
      const value = `S3cret-${name}-${randomBytes(12).toString('hex')}`
      secrets.set(name, value)
      return value
    }
    writeFileSync(join(folder, 'admin-token'), secret('admin'), { mode: 0o600 })
    writeFileSync(join(folder, 'join-token'), secret('standing'), { mode: 0o600 })
    await using core = await start(folder, 'core', {})
    const api = String(core.ready['api'])
    await using agent = await start(folder, 'agent', { FORNAX_CORE_ADDRESS: String(core.ready['nodeLink']) })
    writeFileSync(join(folder, 'ready.json'), JSON.stringify({ api, tokenFile: join(folder, 'admin-token') }), {
      mode: 0o600,
    })
    const admin = secrets.get('admin') ?? ''
    const answers = await useEverything({ api, admin, folder, secret, secrets })
    const ours = [core.process.pid, agent.process.pid].map(String)

    const found: string[] = []
    const look = (where: string, text: string, allowed: readonly string[] = []): void => {
      for (const [name, value] of secrets)
        if (text.includes(value) && !allowed.includes(name)) found.push(`${name} in ${where}`)
    }
    for (const pid of processIds()) look(`the command line of ${pid}`, readOrNothing(`/proc/${pid}/cmdline`))
    for (const pid of ours) {
      look(`the environment of ${pid}`, readOrNothing(`/proc/${pid}/environ`))
      expect(statSync(`/proc/${pid}/environ`).mode & 0o077, 'an environment is for its owner alone').toBe(0)
    }
    look('the log of the core', core.said())
    look('the log of the agent', agent.said())
    look('refusals', answers)
    const lookAtFiles = (): void => {
      for (const path of filesIn(folder)) {
        const name = relative(folder, path)
        look(name, readFileSync(path, 'latin1'), KEEPERS[name] ?? [])
        if ((statSync(path).mode & 0o077) !== 0 && !PUBLIC_FILES.includes(name)) found.push(`${name} is for others too`)
      }
    }
    lookAtFiles()
    expect(filesIn(folder).map((path) => relative(folder, path))).toEqual(expect.arrayContaining([...KEY_FILES]))
    for (const { crash } of [agent, core]) await crash()
    lookAtFiles()
    expect(found).toEqual([])
    expect(core.said()).toMatch(/"level":/) // It did say something.
    expect(core.said() + agent.said()).not.toMatch(/BEGIN (EC |RSA )?PRIVATE KEY/)
    rmSync(folder, { recursive: true, force: true })
  },
)

type World = {
  readonly api: string
  readonly admin: string
  readonly folder: string
  readonly secret: (name: string) => string
  readonly secrets: Map<string, string>
}

/** Uses everything that takes or gives a secret, rightly and wrongly; answers with what was refused. */
async function useEverything({ api, admin, folder, secret, secrets }: World): Promise<string> {
  const refusals: string[] = []
  const ask = async (query: string, token = admin): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${api}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    })
    const text = await answer.text()
    const { data, errors } = Object(JSON.parse(text))
    if (errors !== undefined) refusals.push(text)
    return Object(data)
  }
  const value = async (field: string, inner: string, input: string): Promise<string> => {
    const { payload } = await ask(`mutation { payload: ${field}(input: ${input}) { ${inner} problem { message } } }`)
    return String(Object(payload)[inner])
  }
  secrets.set('api token', await value('createApiToken', 'secret', '{ name: "ci", role: DEVELOPER }'))
  secrets.set('join token', (await value('createJoinToken', 'text', '{}')).split('.')[0] ?? '')
  secrets.set('invitation', await value('inviteUser', 'invitation', '{ name: "ann", role: DEVELOPER }'))
  const password = secret('password')
  const post = (path: string, body: object, token?: string): Promise<string> =>
    fetch(`${api}/auth/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    }).then((answer) => answer.text())
  const registered = await post('register', { invitation: secrets.get('invitation'), password })
  refusals.push(await post('login', { user: 'ann', password: secret('wrong password') }))
  const login = Object(JSON.parse(await post('login', { user: 'ann', password })))
  for (const one of [Object(JSON.parse(registered)), login])
    if (typeof one.token === 'string') secrets.set(`login ${secrets.size}`, one.token)
  expect(typeof login.token).toBe('string')
  await ask(
    `mutation { createSecret(input: { name: "db", value: "${Buffer.from(secret('secret of a tenant')).toString('base64')}" }) { problem { message } } }`,
  )
  secrets.set(
    'secret of a tenant, as it travels',
    Buffer.from(secrets.get('secret of a tenant') ?? '').toString('base64'),
  )
  await ask('{ viewer { role } }', secret('token of nobody'))
  await ask(`mutation { openSession(input: { application: "${secret('name of nothing').slice(0, 60)}" }) { nothing } }`)
  secrets.delete('name of nothing') // It was asked for by name, and may be answered so.
  const wrong = await runCli(['get', 'pods'], {
    folder,
    env: { FORNAX_DATA_DIR: folder, FORNAX_API_URL: api, FORNAX_TOKEN: secret('token of the environment') },
  })
  refusals.push(wrong.err)
  return refusals.join('\n')
}

async function start(folder: string, part: 'core' | 'agent', settings: Record<string, string>) {
  const child: ChildProcess = fork(resolve(CHECKOUT, `apps/${part}/src/main.ts`), {
    env: {
      PATH: process.env['PATH'] ?? '',
      FORNAX_DATA_DIR: folder,
      FORNAX_API_PORT: '0',
      FORNAX_NODELINK_PORT: '0',
      FORNAX_RUNTIME: 'process',
      FORNAX_NODE_NAME: 'node-a',
      LOG_LEVEL: 'trace',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const exited = once(child, 'exit').then(() => null)
  const message = await Promise.race([once(child, 'message'), exited])
  if (message === null) throw new Error(`the ${part} ended:\n${said}`)
  return {
    process: child,
    said: () => said,
    ready: z.record(z.string(), z.unknown()).parse(message[0]),
    crash: async () => {
      child.kill('SIGABRT') // As the runtime itself ends when it finds that something cannot be.
      await exited
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGINT')
      await exited
    },
  }
}

/** Of everything that runs on this machine. */
function processIds(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // It has just ended.
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('compile-cache'))
    .map((entry) => join(entry.parentPath, entry.name))
}
