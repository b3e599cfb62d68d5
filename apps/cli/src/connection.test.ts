import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from '@fornax/settings/setting-definitions'
import { DATA_FOLDER, findConnection } from './connection.ts'
import type { Connection } from './connection-choice.ts'

describe('the address', () => {
  it('is what the command line says, before everything else', async () => {
    using world = new World()
    world.start({ api: 'http://127.0.0.1:5000' })
    const env = { FORNAX_API_URL: 'http://127.0.0.1:5001' }
    expect((await world.find({ server: 'http://127.0.0.1:5002' }, env)).url).toBe('http://127.0.0.1:5002')
    expect((await world.find({}, env)).url).toBe('http://127.0.0.1:5001')
  })

  it('may be given without a scheme', async () => {
    using world = new World()
    expect((await world.find({ server: '127.0.0.1:5002' })).url).toBe('http://127.0.0.1:5002')
  })

  it('is else that of the Fornax that runs in this folder', async () => {
    using world = new World()
    world.start({ api: 'http://127.0.0.1:5000' })
    expect(await world.find({})).toMatchObject({ url: 'http://127.0.0.1:5000', token: 'the-token-of-the-test' })
  })

  it('is else that of the Fornax of the checkout, whatever the folder', async () => {
    using world = new World()
    world.start({ api: 'http://127.0.0.1:5000' })
    expect((await world.find({}, {}, '/')).url).toBe('http://127.0.0.1:5000')
  })

  it('is else the default', async () => {
    using world = new World()
    expect((await world.find({})).url).toBe('http://127.0.0.1:4000')
    expect((await world.find({}, { FORNAX_API_PORT: '4444' })).url).toBe('http://127.0.0.1:4444')
  })

  it.each(['ftp://x', 'http://'])('"%s" is refused', async (server) => {
    using world = new World()
    await expect(world.find({ server })).rejects.toThrow('begins with http:// or https://')
  })
})

describe('the token', () => {
  it('is what the command line says, then the environment, then the file', async () => {
    using world = new World()
    world.start({ api: 'http://127.0.0.1:5000' })
    const env = { FORNAX_TOKEN: 'from-environment' }
    expect((await world.find({ token: 'from-flag' }, env)).token).toBe('from-flag')
    expect((await world.find({}, env)).token).toBe('from-environment')
    expect((await world.find({})).tokenSource).toContain('admin-token')
  })

  it('of this machine is never sent to another one', async () => {
    using world = new World()
    world.start({ api: 'http://127.0.0.1:5000' })
    expect((await world.find({ server: 'https://fornax.example.com' })).token).toBeNull()
    expect((await world.find({ server: 'http://localhost:4000' })).token).toBe('the-token-of-the-test')
  })

  it('may be missing: the server will say that one is needed', async () => {
    using world = new World()
    expect((await world.find({})).token).toBeNull()
  })
})

describe('settings', () => {
  it('have the data folder that this command looks for', () => expect(DATA_FOLDER).toBe(SETTINGS.dataDir.default))

  it('that no part knows are refused with a suggestion', async () => {
    using world = new World()
    await expect(world.find({}, { FORNAX_TOKN: 'x' })).rejects.toThrow('Did you mean FORNAX_TOKEN?')
  })

  it('of other parts do not matter', async () => {
    using world = new World()
    expect((await world.find({}, { FORNAX_RUNTIME: 'nonsense' })).url).toBe('http://127.0.0.1:4000')
  })

  it('of this command do', async () => {
    using world = new World()
    await expect(world.find({}, { FORNAX_API_URL: 'nonsense' })).rejects.toThrow('FORNAX_API_URL')
  })
})

class World implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fornax-cli-'))

  start({ api }: { readonly api: string }): void {
    const dataDir = join(this.folder, '.fornax')
    mkdirSync(dataDir)
    const tokenFile = join(dataDir, 'admin-token')
    writeFileSync(tokenFile, 'the-token-of-the-test\n')
    writeFileSync(join(dataDir, 'ready.json'), JSON.stringify({ console: null, api, nodeLink: 'x', tokenFile, pid: 1 }))
  }

  find(
    flags: Parameters<typeof findConnection>[0],
    env: Readonly<Record<string, string>> = {},
    folder = this.folder,
  ): Promise<Connection> {
    return findConnection(flags, { env, folder, checkout: this.folder })
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true })
  }
}
