'use client'
/** Asks once, when the component is first shown. For what is chosen from, not for what is watched. */
import { useEffect, useState } from 'react'
import type { TypedDocument } from '@fornax/client/typed-document'
import { browserClient } from '../graphql/browser-client.ts'

/** Null until there is an answer; the connection's own state says when there will be none. */
export function useQuery<TResult>(document: TypedDocument<TResult, Record<string, never>>): TResult | null {
  const [result, setResult] = useState<TResult | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    browserClient()
      .request(document, {}, { signal: abort.signal })
      .then(setResult)
      .catch(() => undefined)
    return () => abort.abort()
  }, [document])
  return result
}
