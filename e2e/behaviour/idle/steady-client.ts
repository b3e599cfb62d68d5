/** A well-behaved client: one connection, and a request at a steady pace, whatever became of the ones before. */
import { Agent, request } from 'node:http'

const BODY = JSON.stringify({ query: '{ viewer { role } }' })

/** Asks `count` times, and says how long each took from the instant at which it was due. */
export async function steadyClient(
  target: { readonly apiUrl: string; readonly token: string },
  pace: { readonly count: number; readonly everyMs: number },
): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const startMs = performance.now()
  const tookMs: Promise<number>[] = []
  for (let number = 0; number < pace.count; number += 1) {
    const dueMs = startMs + number * pace.everyMs
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    tookMs.push(ask(target, agent).then(() => performance.now() - dueMs))
  }
  const all = await Promise.all(tookMs)
  agent.destroy()
  return all
}

/** The value below which that part of all lie. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

function ask({ apiUrl, token }: { readonly apiUrl: string; readonly token: string }, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const asked = request(apiUrl, { method: 'POST', headers, agent }, (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answered with ${response.statusCode}`)),
      )
    })
    asked.once('error', reject)
    asked.end(BODY)
  })
}
