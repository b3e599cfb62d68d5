/** Getting a login from the core: with a password, an invitation, or what an issuer said. */

/** What the core says. `secret` speaks for whoever logged in. */
export type LoginVerdict =
  | { readonly kind: 'loggedIn'; readonly secret: string }
  | { readonly kind: 'refused' | 'unreachable' | 'tooMany' | 'weak' }

/** A hash takes a while on a busy machine. */
const ASK_TIMEOUT_MS = 20_000

export type CoreLogins = {
  readonly apiUrl: string
  /** Who is in front of the browser's request: the core counts tries by it. */
  readonly address: string
}

export function logInWithPassword(
  core: CoreLogins,
  form: { readonly tenant: string; readonly user: string; readonly password: string },
): Promise<LoginVerdict> {
  return ask(core, 'auth/login', form)
}

export function register(
  core: CoreLogins,
  form: { readonly invitation: string; readonly password: string },
): Promise<LoginVerdict> {
  return ask(core, 'auth/register', form)
}

/** `token`: as the issuer signed it. */
export function exchange(core: CoreLogins, token: string): Promise<LoginVerdict> {
  return ask(core, 'auth/exchange', {}, token)
}

/** Ends a login. A token of the API stays good: it is not ours to end. */
export async function endLogin(core: CoreLogins, secret: string): Promise<void> {
  await ask(core, 'auth/logout', {}, secret)
}

async function ask(
  { apiUrl, address }: CoreLogins,
  path: string,
  body: object,
  bearer: string | null = null,
): Promise<LoginVerdict> {
  try {
    const response = await fetch(new URL(path, apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': address,
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    })
    const answer: unknown = await response.json()
    return verdictOf(response.status, answer)
  } catch {
    return { kind: 'unreachable' }
  }
}

function verdictOf(status: number, answer: unknown): LoginVerdict {
  if (status === 200 && typeof answer === 'object' && answer !== null && 'token' in answer) {
    const { token } = answer
    if (typeof token === 'string') return { kind: 'loggedIn', secret: token }
  }
  if (status === 429) return { kind: 'tooMany' }
  if (status >= 500) return { kind: 'unreachable' }
  return { kind: JSON.stringify(answer).includes('WEAK_PASSWORD') ? 'weak' : 'refused' }
}
