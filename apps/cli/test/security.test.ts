/** Machines that join and are put out, and the records of it: a real core, real agents, real certificates. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CHECKOUT } from './child.ts'
import { FornaxWorld } from './fornax-world.ts'

let world: FornaxWorld
beforeAll(async () => {
  world = await FornaxWorld.start()
})
afterAll(() => world[Symbol.asyncDispose]())

const patience = { timeout: 90_000 }

it('a machine elsewhere joins with a one-time token alone, and is cut off when it is revoked', patience, async () => {
  const token = await world.cli(['node', 'join-token', '--node', 'node-far'])
  expect(token).toMatchObject({ code: 0, out: expect.stringMatching(/^fxj_[\w-]{27}\.[\w-]{43}\n$/) })
  await using machine = startMachine('node-far', token.out)
  await until(async () => (await phaseOf('node-far')) === 'READY')
  expect((await world.cli(['node', 'join-tokens', '-o', 'json'])).out).toContain('"usedBy": "node-far"')

  expect(await world.cli(['node', 'revoke', 'node-far'])).toMatchObject({ code: 0, out: 'node/node-far revoked\n' })
  await until(async () => (await phaseOf('node-far')) === 'DISCONNECTED')
  // It tries again, and stays out.
  await until(() => machine.said.includes('was revoked'))
  expect(await phaseOf('node-far')).not.toBe('READY')

  // It is out for good, and not only out: removed, it still needs a token from after its revocation.
  expect(await world.cli(['node', 'remove', 'node-far'])).toMatchObject({ code: 0, out: 'node/node-far removed\n' })
  expect((await world.cli(['get', 'nodes', '-o', 'name'])).out).not.toContain('node-far')
  expect(await world.cli(['node', 'remove', 'node-far'])).toMatchObject({ code: 1 })

  await using second = startMachine('node-two', token.out)
  await until(() => second.said.includes('was used before'))
  expect((await world.cli(['get', 'nodes', '-o', 'name'])).out).not.toContain('node-two')
})

it('every mutation and every join is a record, secrets are in none, and a change is found', patience, async () => {
  const made = await world.cli(['token', 'create', 'ci', '--role', 'viewer'])
  const secret = made.out.trim()
  expect((await world.cli(['version'], { env: { FORNAX_TOKEN: secret } })).code).toBe(0)
  const refused = await world.cli(['tenant', 'create', 'acme'], { env: { FORNAX_TOKEN: secret } })
  expect(refused.code).toBe(1)
  expect(await world.cli(['tenant', 'create', 'acme'])).toMatchObject({ code: 0 })
  expect((await world.cli(['node', 'rotate-ca'])).code).toBe(0)

  let text = ''
  await until(async () => {
    text = (await world.cli(['audit', 'export'])).out
    return text.includes('rotateNodeAuthority')
  })
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => Object(JSON.parse(line)))
  const shown = records.map(({ action, outcome, problem }) => `${action} ${problem ?? outcome}`)
  expect(shown).toEqual(
    expect.arrayContaining([
      'createTenant NotAllowed',
      'createTenant DONE',
      'createApiToken DONE',
      'createJoinToken DONE',
      'joinNode DONE',
      'joinNode usedToken',
      'revokeComputeNode DONE',
      'rotateNodeAuthority DONE',
    ]),
  )
  expect(records.every(({ number }, index) => Number(number) === records.length - index)).toBe(true)
  const tenant = records.find(({ action, outcome }) => action === 'createTenant' && outcome === 'DONE')
  expect(tenant).toMatchObject({
    actorKind: 'VIEWER',
    actorRole: 'OPERATOR',
    source: expect.stringContaining('127.0.0.1'),
    object: 'tenant/acme',
    requestId: expect.stringMatching(/^[\da-f-]{36}$/),
  })
  expect(text).not.toContain(secret)
  expect(text).not.toContain('fxj_')

  expect(await world.cli(['audit', 'verify'])).toMatchObject({ code: 0, out: expect.stringContaining('are whole') })
  await world.killCore()
  const database = new DatabaseSync(join(world.folder, 'fornax.db'))
  database.exec(`UPDATE audit_records SET object = 'tenant/other' WHERE object = 'tenant/acme' AND outcome = 'done'`)
  database.close()
  await world.startCore()
  const found = await world.cli(['audit', 'verify'])
  expect(found).toMatchObject({ code: 1, err: expect.stringContaining(`record ${tenant?.number} was changed`) })
})

async function phaseOf(name: string): Promise<string | null> {
  const { out } = await world.cli(['get', 'nodes', '-o', 'json'])
  const nodes: readonly { name: string; phase: string }[] = Object(JSON.parse(out)).items ?? [Object(JSON.parse(out))]
  return nodes.find((node) => node.name === name)?.phase ?? null
}

/** An agent with a folder of its own, which knows of the core nothing but its address and a token. */
function startMachine(nodeName: string, token: string) {
  const folder = join(world.folder, nodeName)
  mkdirSync(folder)
  writeFileSync(join(folder, 'join-token'), token)
  const child: ChildProcess = fork(resolve(CHECKOUT, 'apps/agent/src/main.ts'), {
    env: {
      PATH: process.env['PATH'] ?? '',
      FORNAX_DATA_DIR: folder,
      FORNAX_CORE_ADDRESS: world.core.nodeLink,
      FORNAX_NODE_NAME: nodeName,
      FORNAX_RUNTIME: 'process',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const machine = {
    said: '',
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGINT')
      await exited
    },
  }
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (machine.said += bytes.toString()))
  return machine
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(`never came true: ${isTrue.toString()}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}
