/** Logging in: a plain form, so that it works before any script has loaded. */
import { Button } from '../ui/button.tsx'
import { FormProblem, TextField } from '../ui/form.tsx'
import { FornaxMark } from '../ui/icon.tsx'

export type LoginProblem = 'refused' | 'unreachable' | 'ended'

const WORDS: Readonly<Record<LoginProblem, string>> = {
  refused: 'The core does not know this token. Check that you copied all of it, and nothing else.',
  unreachable: 'The core cannot be reached, so the token could not be checked. Try again when it runs.',
  ended: 'You were logged out: the token is no longer good, or the login has ended.',
}

/** What an address says went wrong; null when it says nothing we know. */
export function problemOf(text: string | undefined): LoginProblem | null {
  return text === 'refused' || text === 'unreachable' || text === 'ended' ? text : null
}

export function LoginForm({ problem, next }: { readonly problem: LoginProblem | null; readonly next: string }) {
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
        <p className="mt-4 text-center text-xs text-faint">The token stays in a cookie that no script can read.</p>
      </div>
    </main>
  )
}
