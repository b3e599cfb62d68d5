/** GraphQL over HTTP: one POST for each operation, on connections that the platform keeps alive. */
import { ClientError, failureOf, failureOfErrors, isRecord, type ClientFailure } from './client-error.ts'
import type { OperationPayload } from './typed-document.ts'

export type HttpTarget = {
  readonly url: string
  readonly token: string | null
  readonly fetch: typeof globalThis.fetch
}

/** The data of the answer. Rejects with a ClientError, or with the signal's reason. */
export async function requestOverHttp(
  target: HttpTarget,
  payload: OperationPayload,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const answer = await post(target, payload, signal)
  const body = await readJson(target, answer, signal)
  if (isRecord(body) && Array.isArray(body['errors']) && body['errors'].length > 0)
    throw new ClientError(failureOfErrors(body['errors']))
  if (isRecord(body) && answer.ok && isRecord(body['data'])) return body['data']
  throw new ClientError(failureOfStatus(target.url, answer.status, 'it holds no data'))
}

async function post(target: HttpTarget, payload: OperationPayload, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await target.fetch(target.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
      },
      body: JSON.stringify(payload),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    throw asClientError(target.url, error, signal)
  }
}

async function readJson(target: HttpTarget, answer: Response, signal: AbortSignal | undefined): Promise<unknown> {
  let text: string
  try {
    text = await answer.text()
  } catch (error) {
    throw asClientError(target.url, error, signal)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const failure = failureOfStatus(target.url, answer.status, 'the answer is not JSON')
    throw new ClientError(failure, { cause: error })
  }
}

function failureOfStatus(url: string, status: number, message: string): ClientFailure {
  if (status === 401) return { kind: 'unauthenticated', message: 'the server asks for a valid token' }
  return { kind: 'unexpectedAnswer', url, status, message }
}

function asClientError(url: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason
  return new ClientError(failureOf(error, url), { cause: error })
}
