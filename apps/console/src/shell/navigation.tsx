'use client'
/** The pages, with the key that leads to each. */
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { troubledApplicationsSpec } from '../applications/application-watch.ts'
import { plural } from '../format/quantity.ts'
import { useLiveList } from '../live/live-context.tsx'
import { paths } from '../path-builder.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { KeyHint } from '../ui/key-hint.tsx'

type Place = { readonly name: string; readonly path: string; readonly icon: IconName; readonly keys: string }

const PLACES: readonly Place[] = [
  { name: 'Fleet', path: paths.fleet(), icon: 'fleet', keys: 'g f' },
  { name: 'Nodes', path: paths.nodes(), icon: 'node', keys: 'g n' },
  { name: 'Applications', path: paths.applications(), icon: 'application', keys: 'g a' },
  { name: 'Warm pools', path: paths.pools(), icon: 'pool', keys: 'g p' },
  { name: 'Sessions', path: paths.sessions(), icon: 'session', keys: 'g s' },
  { name: 'Latency', path: paths.latency(), icon: 'latency', keys: 'g l' },
  { name: 'Events', path: paths.events(), icon: 'event', keys: 'g e' },
  { name: 'Audit', path: paths.audit(), icon: 'audit', keys: 'g u' },
  { name: 'Settings', path: paths.settings(), icon: 'settings', keys: 'g t' },
]

export function Navigation() {
  const here = usePathname()
  const troubled = useLiveList(troubledApplicationsSpec, null).items.size
  return (
    // On a phone it has a row of its own, and each page a place to touch.
    <nav
      aria-label="Pages"
      className="relative min-w-0 max-lg:overflow-x-auto max-md:order-last max-md:-mx-1 max-md:w-[calc(100%+0.5rem)]"
    >
      <ul className="flex gap-0.5 max-md:justify-between lg:flex-col">
        {PLACES.map((place) => (
          <li key={place.path}>
            <PlaceLink
              place={place}
              isHere={isWithin(here, place.path)}
              troubled={place.icon === 'application' ? troubled : 0}
            />
          </li>
        ))}
      </ul>
    </nav>
  )
}

type PlaceLinkProps = { readonly place: Place; readonly isHere: boolean; readonly troubled: number }

function PlaceLink({ place, isHere, troubled }: PlaceLinkProps) {
  return (
    <Link
      href={place.path}
      aria-current={isHere ? 'page' : undefined}
      className={`group relative flex h-8 items-center gap-2.5 rounded-md px-2.5 max-md:h-10 max-md:px-3 font-medium transition-colors ${isHere ? 'bg-hover text-text' : 'text-soft hover:bg-hover hover:text-text'}`}
    >
      <Icon name={place.icon} className={isHere ? 'text-ember' : ''} />
      <span className="whitespace-nowrap max-md:sr-only">{place.name}</span>
      {troubled > 0 && (
        <span
          className="ml-auto rounded-full bg-danger-soft px-1.5 text-xs font-semibold text-danger max-md:absolute max-md:top-0 max-md:right-0"
          title={`${plural(troubled, 'application')} with a problem`}
        >
          {troubled}
          <span className="sr-only"> with a problem</span>
        </span>
      )}
      <span
        className={`${troubled > 0 ? 'hidden' : 'ml-auto'} opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100 max-lg:hidden`}
        aria-hidden
      >
        <KeyHint keys={place.keys} />
      </span>
    </Link>
  )
}

function isWithin(here: string, path: string): boolean {
  return path === '/' ? here === '/' : here === path || here.startsWith(`${path}/`)
}
