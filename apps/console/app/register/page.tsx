import type { Metadata } from 'next'
import { RegisterForm, registerProblemOf } from '../../src/viewer/register-form.tsx'

export const metadata: Metadata = { title: 'Set your password' }

type Props = { readonly searchParams: Promise<{ readonly problem?: string }> }

export default async function RegisterPage({ searchParams }: Props) {
  const { problem } = await searchParams
  return <RegisterForm problem={registerProblemOf(problem)} />
}
