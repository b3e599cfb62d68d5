import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { LOGIN_CHOICES, loginChoicesOf } from '../../src/viewer/login-choices.ts'
import { LoginForm, problemOf } from '../../src/viewer/login-form.tsx'

export const metadata: Metadata = { title: 'Log in' }

type Props = { readonly searchParams: Promise<{ readonly problem?: string; readonly next?: string }> }

export default async function LoginPage({ searchParams }: Props) {
  const { problem, next } = await searchParams
  const choices = loginChoicesOf((await headers()).get(LOGIN_CHOICES))
  return <LoginForm problem={problemOf(problem)} next={next ?? '/'} choices={choices} />
}
