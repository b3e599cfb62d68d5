/** Logging in to the console with a password, and at a real issuer: all of it real but the pages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '@fornax/kernel/log'
import type { Issuer } from '@fornax/settings/issuers-file'
import { openAccessWorld, type AccessWorld } from './access-world.ts'
import { newSigningKey, startIssuer, type TestIssuer } from './test-issuer.ts'
import { listen, type ConsoleServer } from '../../../console/src/server/console-server.ts'

const log = createLog('console', 'silent')
const PASSWORD = 'correct horse battery staple'

let issuer: TestIssuer
let world: AccessWorld
let server: ConsoleServer

beforeAll(async () => {
  issuer = await startIssuer([await newSigningKey('first')])
  const issuers: readonly Issuer[] = [
    {
      name: 'hidden-corp',
      label: 'Hidden Corp',
      issuer: issuer.url,
      audiences: ['fornax'],
      nameClaim: 'email',
      tenant: { claim: 'org' },
      role: { claim: 'groups', values: { developers: 'developer' } },
      clockSkewSeconds: 30,
      login: { clientId: 'fornax-console', scope: 'openid email' },
    },
  ]
  world = await openAccessWorld({ issuers })
  const config = { host: '127.0.0.1', port: 0, apiUrl: world.url, logLevel: 'silent', issuers }
  server = await listen(config, renderWhatArrived, log)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

describe('with a password', () => {
  it('registers, logs out, and logs in again; logging out ends the login at the core', async () => {
    const invitation = await invite('ann')
    const browser = new Browser()
    expect(await browser.post('/register', { invitation, password: PASSWORD, again: PASSWORD })).toBe('/')
    expect(await browser.viewer()).toEqual({ name: 'ann', role: 'DEVELOPER', tenant: 'hidden-tenant' })
    const secret = browser.login()
    expect(await browser.post('/logout', {})).toBe('/login')
    expect(browser.login()).toBe('')
    expect((await world.ask('{ viewer { role } }', `Bearer ${secret}`)).status).toBe(401)
    const user = { tenant: 'hidden-tenant', user: 'ann', password: PASSWORD, next: '/nodes' }
    expect(await browser.post('/login', user)).toBe('/nodes')
    expect(await browser.viewer()).toMatchObject({ name: 'ann' })
  })

  it('says what was wrong, and keeps nothing', async () => {
    const browser = new Browser()
    const form = { tenant: 'hidden-tenant', user: 'nobody', password: 'wrong', next: '/nodes' }
    expect(await browser.post('/login', form)).toBe('/login?problem=password&next=%2Fnodes')
    const unlike = { invitation: 'fxi_x', password: PASSWORD, again: 'another' }
    expect(await browser.post('/register', unlike)).toBe('/register?problem=unlike')
    expect(await browser.post('/register', { ...unlike, again: PASSWORD })).toBe('/register?problem=refused')
    const weak = { invitation: 'fxi_x', password: 'short', again: 'short' }
    expect(await browser.post('/register', weak)).toBe('/register?problem=weak')
    expect(browser.login()).toBe('')
  })

  it('keeps guessers waiting by the address of the browser, not of the console', async () => {
    await register('bob')
    const guesser = new Browser('203.0.113.9')
    const form = { tenant: 'hidden-tenant', user: 'bob', password: 'wrong wrong' }
    for (let tried = 0; tried < 5; tried += 1) await guesser.post('/login', form)
    expect(await guesser.post('/login', { ...form, password: PASSWORD })).toBe('/login?problem=tooMany&next=%2F')
    expect(await new Browser('203.0.113.10').post('/login', { ...form, password: PASSWORD })).toBe('/')
  })

  it.each(['/login', '/register', '/logout'])(
    '%s is refused to a page of another site, whatever it says',
    async (path) => {
      const headers = { origin: 'http://elsewhere.test' }
      expect((await fetch(server.url + path, { method: 'POST', headers, redirect: 'manual' })).status).toBe(403)
      const sly = { origin: server.url, 'sec-fetch-site': 'cross-site' }
      expect((await fetch(server.url + path, { method: 'POST', headers: sly, redirect: 'manual' })).status).toBe(403)
      expect((await fetch(server.url + path, { method: 'POST', redirect: 'manual' })).status).toBe(403)
    },
  )
})

describe('at an issuer', () => {
  it('leads there, back with a code, and on to where one was heading, with a login that no script can read', async () => {
    const browser = new Browser()
    expect(await browser.logInAtIssuer('/sessions?phase=CLOSED')).toBe('/sessions?phase=CLOSED')
    expect(await browser.viewer()).toEqual({ name: 'ann@hidden.test', role: 'DEVELOPER', tenant: 'hidden-tenant' })
    const [kept] = browser.said.filter((line) => line.startsWith(`fornax-token-${server.port}=fxl`))
    expect(kept).toContain('; HttpOnly; SameSite=Strict')
    expect(browser.login()).toMatch(/^fxl_[\w-]{27}$/)
  })

  it('sends a challenge and no secret, and something else each time', async () => {
    const ways = await Promise.all([new Browser().begin('/'), new Browser().begin('/')])
    const asked = ways.map((location) => Object.fromEntries(new URL(location).searchParams))
    expect(asked[0]).toMatchObject({
      client_id: 'fornax-console',
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${server.url}/login/callback`,
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[0]?.[name]).not.toBe(asked[1]?.[name])
  })

  it('keeps out who is known there, but has no role here', async () => {
    issuer.says = { org: 'hidden-tenant', groups: ['strangers'] }
    const browser = new Browser()
    expect(await browser.logInAtIssuer('/nodes')).toBe('/login?problem=stranger&next=%2Fnodes')
    expect(browser.login()).toBe('')
    issuer.says = { org: 'hidden-tenant', groups: ['developers'], email: 'ann@hidden.test' }
  })

  it('takes no code of somebody else: not without the cookie of the one who asked, and not with another', async () => {
    const victim = new Browser()
    const callback = await victim.comeBackWith(await victim.begin('/'))
    expect(await new Browser().follow(callback)).toBe('/login?problem=stranger&next=%2F')
    const attacker = new Browser()
    await attacker.begin('/')
    expect(await attacker.follow(callback)).toBe('/login?problem=stranger&next=%2F')
    expect(attacker.login()).toBe('')
  })

  it('takes a code once', async () => {
    const browser = new Browser()
    const callback = await browser.comeBackWith(await browser.begin('/'))
    expect(await browser.follow(callback)).toBe('/')
    expect(await browser.follow(callback)).toBe('/login?problem=stranger&next=%2F')
  })

  it('never leads elsewhere afterwards', async () => {
    expect(await new Browser().logInAtIssuer('//elsewhere.test/')).toBe('/')
  })

  it('says that it cannot be reached, and can be again', async () => {
    issuer.isDown = true
    const config = { host: '127.0.0.1', port: 0, apiUrl: world.url, logLevel: 'silent', issuers: [another(issuer.url)] }
    await using fresh = await listen(config, renderWhatArrived, log)
    const begin = async (): Promise<string> =>
      (await fetch(`${fresh.url}/login/issuer?name=another`, { redirect: 'manual' })).headers.get('location') ?? ''
    expect(await begin()).toBe('/login?problem=issuer&next=%2F')
    issuer.isDown = false
    expect(await begin()).toContain(`${issuer.url}/auth?`)
    expect(
      (await fetch(`${fresh.url}/login/issuer?name=unheard-of`, { redirect: 'manual' })).headers.get('location'),
    ).toBe('/login?problem=issuer&next=%2F')
  })
})

function another(url: string): Issuer {
  const rules = { tenant: { always: 'default' }, role: { always: 'viewer' as const }, nameClaim: 'email' }
  const login = { clientId: 'fornax-console', scope: 'openid' }
  return { name: 'another', issuer: url, audiences: ['fornax'], clockSkewSeconds: 0, ...rules, login }
}

/** As much of a browser as logging in needs: it keeps cookies for each site, and follows where it is led. */
class Browser {
  readonly said: string[] = []
  readonly #cookies = new Map<string, Map<string, string>>()
  readonly #address: string

  constructor(address = '203.0.113.1') {
    this.#address = address
  }

  /** What speaks for it at the console. */
  login(): string {
    return this.#cookies.get(server.url)?.get(`fornax-token-${server.port}`) ?? ''
  }

  async viewer(): Promise<unknown> {
    const body = JSON.stringify({ query: '{ viewer { name role tenant } }' })
    const headers = { 'content-type': 'application/json', origin: server.url }
    const answer: unknown = await (await this.#ask(`${server.url}/graphql`, { method: 'POST', headers, body })).json()
    return Object(answer).data?.viewer
  }

  /** Sends a form of the console; where it leads. */
  async post(path: string, form: Record<string, string>): Promise<string> {
    const headers = { origin: server.url, 'sec-fetch-site': 'same-origin', 'x-forwarded-for': this.#address }
    const answer = await this.#ask(server.url + path, { method: 'POST', headers, body: new URLSearchParams(form) })
    return answer.headers.get('location') ?? ''
  }

  /** To the issuer: where the console sends it. */
  async begin(next: string): Promise<string> {
    const query = new URLSearchParams({ name: 'hidden-corp', next })
    return (await this.#ask(`${server.url}/login/issuer?${query.toString()}`)).headers.get('location') ?? ''
  }

  /** Logs in at the issuer, and agrees; the address that it leads back to. */
  async comeBackWith(location: string): Promise<string> {
    let next = location
    for (let hops = 0; hops < 20; hops += 1) {
      if (next.startsWith(server.url)) return next
      const answer = await this.#ask(next)
      const led = answer.headers.get('location')
      next = led === null ? await this.#fillIn(next, await answer.text()) : new URL(led, next).href
    }
    throw new Error(`the issuer does not lead back: ${next}`)
  }

  /** Opens the callback; where its page leads. */
  async follow(callback: string): Promise<string> {
    const page = await (await this.#ask(callback)).text()
    return /url=([^"]*)/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
  }

  async logInAtIssuer(next: string): Promise<string> {
    return this.follow(await this.comeBackWith(await this.begin(next)))
  }

  async #fillIn(page: string, html: string): Promise<string> {
    const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1] ?? 'consent'
    const body = new URLSearchParams({ prompt, login: 'ann', password: 'anything' })
    const answer = await this.#ask(page, { method: 'POST', body })
    return new URL(answer.headers.get('location') ?? '', page).href
  }

  async #ask(url: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url)
    const jar = this.#cookies.get(origin) ?? new Map<string, string>()
    this.#cookies.set(origin, jar)
    const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { ...init, headers: { ...Object(init.headers), cookie }, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      this.said.push(line)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
}

/** In the place of Next. */
function renderWhatArrived(request: { headers: object }, response: { end(text: string): unknown }): Promise<void> {
  response.end(JSON.stringify(request.headers))
  return Promise.resolve()
}

async function invite(name: string): Promise<string> {
  const { inviteUser } = Object(
    await world.data(
      `mutation { inviteUser(input: { name: "${name}", role: DEVELOPER }) { invitation problem { message } } }`,
      world.inside('admin'),
    ),
  )
  return String(inviteUser.invitation)
}

async function register(name: string): Promise<void> {
  const invitation = await invite(name)
  await new Browser('203.0.113.2').post('/register', { invitation, password: PASSWORD, again: PASSWORD })
}
