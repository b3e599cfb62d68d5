/** What hello shows of its session, as data and as a page. */
import type { Session } from '@fornax/session-sdk'

/** What anybody may see who reaches the session's endpoint. */
export type SessionView = { readonly session: SessionFacts | null }

type SessionFacts = {
  readonly id: string
  readonly phase: string
  readonly clients: number
  readonly env: Readonly<Record<string, string>>
  /** The data as text; null when it is not UTF-8. */
  readonly text: string | null
  readonly dataBase64: string
}

/** The view of a session, or of none. */
export function viewOf(session: Session | null): SessionView {
  if (session === null) return { session: null }
  const { id, phase, clientCount, env, data } = session
  return {
    session: {
      id,
      phase,
      clients: clientCount,
      env,
      text: textOf(data),
      dataBase64: Buffer.from(data).toString('base64'),
    },
  }
}

/** The view as a page for people. */
export function pageOf({ session }: SessionView): string {
  const facts =
    session === null
      ? '<p>no session</p>'
      : table({
          Session: session.id,
          Phase: session.phase,
          Clients: String(session.clients),
          Data: session.text ?? `${session.dataBase64} (base64)`,
          ...session.env,
        })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>hello</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark }
th { text-align: left; padding-right: 2rem; vertical-align: top }
td { font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap }
</style>
<h1>Hello from Fornax</h1>
${facts}
</html>
`
}

function table(rows: Readonly<Record<string, string>>): string {
  const cells = Object.entries(rows).map(
    ([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`,
  )
  return `<table>\n${cells.join('\n')}\n</table>`
}

/** Data and env come from a client, who must not be able to run scripts in another's browser. */
function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}

function textOf(data: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data)
  } catch {
    return null // Not text, which is nobody's fault.
  }
}
