import type { Metadata } from 'next'
import { NodeDocument } from '../../../../src/graphql/generated/documents.ts'
import { askApi } from '../../../../src/graphql/server-api.ts'
import { NodePage } from '../../../../src/nodes/node-page.tsx'

type Props = { readonly params: Promise<{ readonly name: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) }
}

export default async function Node({ params }: Props) {
  const name = decodeURIComponent((await params).name)
  return <NodePage key={name} name={name} first={await askApi(NodeDocument, { name })} />
}
