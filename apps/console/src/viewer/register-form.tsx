/** Setting the first password: a plain form, so that it works before any script has loaded. */
import { Button } from '../ui/button.tsx'
import { FormProblem, TextField } from '../ui/form.tsx'
import { FornaxMark } from '../ui/icon.tsx'

const WORDS = {
  refused: 'This invitation is not good, or not any more: it can be used once, and for seven days. Ask for another.',
  weak: 'The password must have 10 to 256 characters.',
  unlike: 'The two passwords are not the same.',
  tooMany: 'There were too many tries. Wait a minute, and try again.',
  unreachable: 'The core cannot be reached. Try again when it runs.',
} as const

export type RegisterProblem = keyof typeof WORDS

/** What an address says went wrong; null when it says nothing we know. */
export function registerProblemOf(text: string | undefined): RegisterProblem | null {
  return text !== undefined && isProblem(text) ? text : null
}

function isProblem(text: string): text is RegisterProblem {
  return Object.hasOwn(WORDS, text)
}

export function RegisterForm({ problem }: { readonly problem: RegisterProblem | null }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 pb-[12vh]">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex flex-col items-center gap-3 text-center">
          <FornaxMark className="size-10" />
          <h1 className="text-xl font-semibold tracking-tight">Set your password</h1>
        </div>
        <form
          method="post"
          action="/register"
          className="flex flex-col gap-4 rounded-xl border border-line bg-panel p-5 shadow-xl shadow-(color:--shadow)"
        >
          {problem !== null && (
            <div className="-mt-4">
              <FormProblem>{WORDS[problem]}</FormProblem>
            </div>
          )}
          <TextField
            label="Invitation"
            name="invitation"
            type="password"
            autoComplete="off"
            required
            hint="Whoever invited you has it: it begins with fxi_."
          />
          <TextField label="Password" name="password" type="password" autoComplete="new-password" required />
          <TextField label="Password again" name="again" type="password" autoComplete="new-password" required />
          <Button type="submit" look="primary">
            Set password
          </Button>
        </form>
      </div>
    </main>
  )
}
