/** The API as the server that renders pages sees it: with the token that came with the request. */
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { createClient } from '@fornax/client/client'
import { failureOf } from '@fornax/client/client-error'
import type { TypedDocument } from '@fornax/client/typed-document'
import { paths } from '../path-builder.ts'
import { readConfig } from '../server/config.ts'

/** How much of a list a page is rendered with; the rest follows live. */
export const FIRST_ROWS = 200

/** A page is rendered without data rather than late: the browser follows it up by itself. */
const ANSWER_WITHIN_MS = 2_000

/** The answer; null when there is none in time. Leads to the login when the token is no longer good. */
export async function askApi<TResult, TVariables extends object>(
  document: TypedDocument<TResult, TVariables>,
  variables: TVariables,
): Promise<TResult | null> {
  const result = readConfig(process.env)
  if (result.kind === 'invalid') throw new Error(result.message)
  const token = (await headers()).get('authorization')?.replace(/^Bearer /, '')
  await using client = createClient({ url: result.config.apiUrl, token })
  try {
    return await client.request(document, variables, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
  } catch (error) {
    if (failureOf(error, '').kind === 'unauthenticated') redirect(paths.login('ended'))
    return null
  }
}
