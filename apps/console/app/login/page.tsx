import type { Metadata } from 'next'
import { LoginForm, problemOf } from '../../src/viewer/login-form.tsx'

export const metadata: Metadata = { title: 'Log in' }

type Props = { readonly searchParams: Promise<{ readonly problem?: string; readonly next?: string }> }

export default async function LoginPage({ searchParams }: Props) {
  const { problem, next } = await searchParams
  return <LoginForm problem={problemOf(problem)} next={next ?? '/'} />
}
