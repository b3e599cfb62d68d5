/** Tokens, users and tenants by the command line, against a real core. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FornaxWorld } from './fornax-world.ts'

let world: FornaxWorld
beforeAll(async () => {
  world = await FornaxWorld.start()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('tokens', () => {
  it('may end by themselves, and are listed with when they were used', async () => {
    const created = await world.cli(['token', 'create', 'deploy', '--role', 'ci', '--ends-after', '90d'])
    expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^fx_/) })
    const env = { FORNAX_TOKEN: created.out.trim() }
    expect((await world.cli(['get', 'applications'], { env })).code).toBe(0)
    expect((await world.cli(['get', 'sessions'], { env })).err).toContain('role')
    expect((await world.cli(['token', 'list'])).out).toMatch(/deploy +ci +default +\d+s +\d+s +(89|90)d/)
  })
})

describe('users', () => {
  it('are invited, listed, given another role, reset and removed', async () => {
    const invited = await world.cli(['user', 'invite', 'ann', '--role', 'developer'])
    expect(invited).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^fxi_/),
      err: expect.stringContaining('/register'),
    })
    expect((await world.cli(['user', 'list'])).out).toMatch(/^ann +developer +default +invited +- +usr-/m)
    expect((await world.cli(['user', 'role', 'ann', '--role', 'viewer'])).out).toBe('user/ann is viewer now\n')
    const again = await world.cli(['user', 'reset', 'ann'])
    expect(again.out).toMatch(/^fxi_/)
    expect(again.out).not.toBe(invited.out)
    expect((await world.cli(['user', 'remove', 'ann'])).out).toBe('user/ann removed\n')
    const gone = await world.cli(['user', 'remove', 'ann'])
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('there is no user "ann"') })
  })

  it('have a role of people, and a name that can be one', async () => {
    expect((await world.cli(['user', 'invite', 'robot', '--role', 'ci'])).err).toContain('Allowed choices are operator')
    expect((await world.cli(['user', 'invite', 'no spaces', '--role', 'viewer'])).err).toContain('name must have')
  })
})

describe('tenants', () => {
  it('are bounded one quota at a time, suspended, resumed, and deleted when it is meant', async () => {
    expect((await world.cli(['tenant', 'create', 'acme'])).code).toBe(0)
    const bounds = ['--sessions', '10', '--pods', '5', '--cpu', '4000', '--memory', '8Gi', '--opens-per-second', '2']
    const bounded = await world.cli(['tenant', 'quota', 'acme', ...bounds])
    expect(bounded.out).toMatch(/acme +active +0\/10 +0\/5 +0m\/4000m +0\/8Gi +2 /)
    const freed = await world.cli(['tenant', 'quota', 'acme', '--pods', 'none', '--sessions', '20'])
    expect(freed.err).toBe('')
    expect(freed.out).toMatch(/acme +active +0\/20 +0 +0m\/4000m/)
    expect((await world.cli(['tenant', 'suspend', 'acme'])).out).toBe('tenant/acme suspended\n')
    expect((await world.cli(['tenant', 'list'])).out).toMatch(/acme +suspended/)
    expect((await world.cli(['tenant', 'resume', 'acme'])).out).toBe('tenant/acme resumed\n')
    const asked = await world.cli(['tenant', 'delete', 'acme'])
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('fornax tenant delete acme --yes') })
    expect((await world.cli(['tenant', 'delete', 'acme', '--yes'])).code).toBe(0)
    await expect.poll(async () => (await world.cli(['tenant', 'list'])).out, { timeout: 10_000 }).not.toContain('acme')
  })

  it.each([
    [['tenant', 'quota', 'nobody', '--pods', '1'], 'there is no tenant "nobody"'],
    [['tenant', 'suspend', 'default'], 'can be neither suspended nor deleted'],
    [['tenant', 'quota', 'default', '--memory', 'much'], 'An amount of memory is needed'],
  ])('%j says what is wrong', async (words, message) => {
    expect(await world.cli(words)).toMatchObject({ code: 1, err: expect.stringContaining(message) })
  })
})
