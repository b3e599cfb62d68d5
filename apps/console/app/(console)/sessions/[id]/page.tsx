import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { SessionDocument } from '../../../../src/graphql/generated/documents.ts'
import { askApi } from '../../../../src/graphql/server-api.ts'
import { SessionPage } from '../../../../src/sessions/session-page.tsx'

type Props = { readonly params: Promise<{ readonly id: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).id) }
}

export default async function Session({ params }: Props) {
  const id = decodeURIComponent((await params).id)
  const answer = await askApi(SessionDocument, { id })
  if (answer?.session === null) notFound()
  return <SessionPage key={id} id={id} first={answer?.session ?? null} />
}
