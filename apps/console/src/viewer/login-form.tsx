/** Logging in: a plain form, so that it works before any script has loaded. */
import { Button } from '../ui/button.tsx'
import { FormProblem, TextField } from '../ui/form.tsx'
import { FornaxMark } from '../ui/icon.tsx'
import type { LoginChoice } from './login-choices.ts'

const WORDS = {
  refused: 'The core does not know this token. Check that you copied all of it, and nothing else.',
  password: 'The user, the password or the tenant is not right.',
  tooMany: 'There were too many tries. Wait a minute, and try again.',
  unreachable: 'The core cannot be reached, so this could not be checked. Try again when it runs.',
  ended: 'You were logged out: the token is no longer good, or the login has ended.',
  issuer: 'Where you wanted to log in cannot be reached. Try again in a while, or log in with a token.',
  stranger: 'You are known there, but not here, or the login took too long. Try again, or ask your administrator.',
} as const

export type LoginProblem = keyof typeof WORDS

/** What an address says went wrong; null when it says nothing we know. */
export function problemOf(text: string | undefined): LoginProblem | null {
  return text !== undefined && isProblem(text) ? text : null
}

function isProblem(text: string): text is LoginProblem {
  return Object.hasOwn(WORDS, text)
}

type Props = {
  readonly problem: LoginProblem | null
  readonly next: string
  readonly choices: readonly LoginChoice[]
}

export function LoginForm({ problem, next, choices }: Props) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 pb-[12vh]">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex flex-col items-center gap-3 text-center">
          <FornaxMark className="size-10" />
          <h1 className="text-xl font-semibold tracking-tight">Log in to Fornax</h1>
        </div>
        <form
          method="post"
          action="/login"
          className="flex flex-col gap-4 rounded-xl border border-line bg-panel p-5 shadow-xl shadow-(color:--shadow)"
        >
          {problem !== null && (
            <div className="-mt-4">
              <FormProblem>{WORDS[problem]}</FormProblem>
            </div>
          )}
          <input type="hidden" name="next" value={next} />
          <TextField
            label="Token"
            name="token"
            type="password"
            autoComplete="current-password"
            required
            // The page is this one field, and the words about it are tied to it.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            hint={
              <>
                <code className="font-mono">npm start</code> prints it once, and keeps it in the file{' '}
                <code className="font-mono">admin-token</code> of the data folder.
              </>
            }
          />
          <Button type="submit" look="primary">
            Log in
          </Button>
        </form>
        <OtherWays next={next} choices={choices} />
        <p className="mt-4 text-center text-xs text-faint">
          What you log in with stays in a cookie that no script can read.
        </p>
      </div>
    </main>
  )
}

/** For people who have no token: their issuer, or a password. */
function OtherWays({ next, choices }: Pick<Props, 'next' | 'choices'>) {
  return (
    <section aria-label="Other ways" className="mt-4 flex flex-col gap-3">
      {choices.map(({ name, label }) => (
        <a
          key={name}
          href={`/login/issuer?${new URLSearchParams({ name, next })}`}
          className="rounded-md border border-line-strong bg-panel px-3 py-2 text-center text-sm hover:bg-sunken"
        >
          Continue with {label}
        </a>
      ))}
      <details className="rounded-xl border border-line bg-panel px-5 py-3">
        <summary className="cursor-pointer text-sm">With a password</summary>
        <form method="post" action="/login" className="mt-3 flex flex-col gap-3">
          <input type="hidden" name="next" value={next} />
          <TextField label="User" name="user" autoComplete="username" required />
          <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
          <TextField label="Tenant" name="tenant" defaultValue="default" autoComplete="organization" required />
          <Button type="submit">Continue</Button>
        </form>
      </details>
    </section>
  )
}
