import type { Metadata } from 'next'
import { ApplicationPage } from '../../../../src/applications/application-page.tsx'
import { applicationSpec } from '../../../../src/applications/application-watch.ts'
import { firstPageOf } from '../../../../src/graphql/first-page.ts'
import { ApplicationNamedDocument } from '../../../../src/graphql/generated/documents.ts'
import { askApi } from '../../../../src/graphql/server-api.ts'

type Props = {
  readonly params: Promise<{ readonly name: string }>
  readonly searchParams: Promise<{ readonly tenant?: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) }
}

export default async function Application({ params, searchParams }: Props) {
  const name = decodeURIComponent((await params).name)
  const { tenant = null } = await searchParams
  const firstPage = firstPageOf(applicationSpec(name).key, (await askApi(ApplicationNamedDocument, { name }))?.page)
  return <ApplicationPage key={`${tenant} ${name}`} name={name} tenant={tenant} firstPage={firstPage} />
}
