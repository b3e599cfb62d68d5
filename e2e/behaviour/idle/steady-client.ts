/** A well-behaved client: a request at a steady pace, whatever became of the ones before. */
import { Agent, request } from 'node:http'

const BODY = JSON.stringify({ query: '{ viewer { role } }' })

/** Whom to ask, and who asks. */
type Target = { readonly apiUrl: string; readonly token: string }

/** Asks `count` times, each target in its turn, and says of each how long it took. */
export async function steadyClient(
  targets: readonly Target[],
  pace: { readonly count: number; readonly everyMs: number },
): Promise<readonly (readonly number[])[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  let dueMs = performance.now()
  const tookMs: Promise<number>[] = []
  for (let number = 0; number < pace.count; number += 1) {
    // Who was held up goes on from there: what this process missed is not the core's.
    dueMs = Math.max(dueMs + pace.everyMs, performance.now())
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const target = targets[number % targets.length]
    if (target !== undefined) tookMs.push(timed(target, agent))
  }
  const all = await Promise.all(tookMs)
  agent.destroy()
  return targets.map((_, index) => all.filter((_took, number) => number % targets.length === index))
}

async function timed(target: Target, agent: Agent): Promise<number> {
  const askedAtMs = performance.now()
  await ask(target, agent)
  return performance.now() - askedAtMs
}

/** The value below which that part of all lie. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

function ask({ apiUrl, token }: Target, agent: Agent): Promise<void> {
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
