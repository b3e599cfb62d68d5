/** The API as a page sees it: same origin, with the cookie that the browser adds by itself. */
import { createClient, type Client } from '@fornax/client/client'

let client: Client | null = null

/** One client, and so one WebSocket, per tab. */
export function browserClient(): Client {
  client ??= createClient({ url: typeof window === 'undefined' ? 'http://rendering.invalid' : window.location.origin })
  return client
}
