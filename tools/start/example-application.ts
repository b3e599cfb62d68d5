/** The application that everybody finds at the first start, made over the public API like any other. */
import { join } from 'node:path'
import { z } from 'zod'

const LOOK = /* GraphQL */ `
  query FindExample($name: String!) {
    application(name: $name) {
      id
    }
  }
`

const CREATE = /* GraphQL */ `
  mutation CreateExample($input: CreateApplicationInput!) {
    createApplication(input: $input) {
      application {
        id
      }
      problem {
        __typename
        message
      }
    }
  }
`

const found = z.object({ application: z.object({ id: z.string() }).nullable() })
const created = z.object({
  createApplication: z.object({ problem: z.object({ __typename: z.string(), message: z.string() }).nullable() }),
})

export type Api = { readonly url: string; readonly token: string; readonly signal: AbortSignal }

export type ExampleResult = { readonly kind: 'made' | 'found' } | { readonly kind: 'failed'; readonly message: string }

export const EXAMPLE_NAME = 'hello'

/** Makes `hello` unless the caller's tenant has it. Not having it is a pity, but no reason to stop. */
export async function ensureExample(api: Api, root: string): Promise<ExampleResult> {
  try {
    const { application } = await ask(api, found, { query: LOOK, variables: { name: EXAMPLE_NAME } })
    if (application !== null) return { kind: 'found' }
    const { createApplication } = await ask(api, created, { query: CREATE, variables: { input: example(root) } })
    const { problem } = createApplication
    return problem === null ? { kind: 'made' } : { kind: 'failed', message: problem.message }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

/** Its pods run the sources of this checkout on the Node that runs this. */
function example(root: string) {
  return {
    name: EXAMPLE_NAME,
    version: {
      image: 'host',
      command: [process.execPath, join(root, 'examples/hello/src/main.ts')],
      ports: [{ name: 'web', containerPort: 8080, protocol: 'HTTP' }],
      usesSessionService: true,
    },
    scalingPolicy: { minPods: 0, maxPods: 20, idleCount: { low: 2, high: 4 } },
  }
}

type Question = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }

async function ask<T>(api: Api, shape: z.ZodType<T>, question: Question): Promise<T> {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}` },
    body: JSON.stringify(question),
    signal: api.signal,
  })
  const answer = z.object({ data: shape.nullish(), errors: z.array(z.object({ message: z.string() })).optional() })
  const body = answer.safeParse(await response.json())
  if (!body.success)
    throw new Error(`the API answered ${response.status} with something unexpected`, { cause: body.error })
  if (body.data.data === null || body.data.data === undefined)
    throw new Error(body.data.errors?.map(({ message }) => message).join('; ') ?? 'the API answered nothing')
  return body.data.data
}
