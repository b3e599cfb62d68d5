/** Where clients reach a session. */
import type { SessionStoryFragment } from '../graphql/generated/documents.ts'
import { buttonClass } from '../ui/button.tsx'
import { CopyButton } from '../ui/copyable.tsx'
import { Icon } from '../ui/icon.tsx'

type Endpoint = SessionStoryFragment['endpoints'][number]

export function SessionEndpoints({ session }: { readonly session: Pick<SessionStoryFragment, 'endpoints' | 'phase'> }) {
  if (session.endpoints.length === 0) return <p className="px-4 py-3 text-soft">{whyNone(session.phase)}</p>
  return (
    <ul>
      {session.endpoints.map((endpoint) => (
        <li key={endpoint.name} className="flex items-center gap-3 border-b border-line/60 px-4 py-2 last:border-0">
          <span className="w-20 shrink-0 truncate font-medium">{endpoint.name}</span>
          <code className="min-w-0 flex-1 truncate font-mono text-xs">{endpoint.url}</code>
          <CopyButton text={endpoint.url} label={`Copy the address of ${endpoint.name}`} />
          <OpenLink endpoint={endpoint} />
        </li>
      ))}
    </ul>
  )
}

/** Only what a browser can speak is a link. */
function OpenLink({ endpoint }: { readonly endpoint: Endpoint }) {
  if (endpoint.protocol !== 'HTTP') return <span className="text-xs text-faint">{endpoint.protocol}</span>
  return (
    <a href={endpoint.url} target="_blank" rel="noreferrer" className={buttonClass('secondary', 'small')}>
      Open <span className="sr-only">{endpoint.name}</span>
      <Icon name="external" />
    </a>
  )
}

function whyNone(phase: SessionStoryFragment['phase']): string {
  if (phase === 'PENDING' || phase === 'STARTING') return 'The endpoint is made when the session becomes available.'
  if (phase === 'CLOSED') return 'Its endpoint ended with it.'
  return 'It has none: the application declares no ports.'
}
