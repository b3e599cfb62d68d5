'use client'
/** Six numbers that say whether the fleet is all right. Each leads to the list it counts. */
import Link from 'next/link'
import { Sparkline } from '../charts/sparkline.tsx'
import type { FleetNumber } from './fleet-trend.ts'

export function FleetNumbers({ numbers }: { readonly numbers: readonly FleetNumber[] }) {
  return (
    <ul className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6" aria-label="Numbers of the fleet">
      {numbers.map((number) => (
        <One key={number.name} number={number} />
      ))}
    </ul>
  )
}

function One({ number }: { readonly number: FleetNumber }) {
  const { name, value, unit, note, path, isBad, trend, goal } = number
  const [figure, ofIt] = unit === undefined ? splitUnit(value) : [value, unit]
  return (
    <li className="relative flex min-h-32 flex-col overflow-hidden rounded-xl border border-line bg-panel px-4 pt-3 transition-colors hover:bg-hover">
      <Link href={path} className="text-xs font-medium text-soft after:absolute after:inset-0">
        {name}
      </Link>
      <p className="mt-0.5 flex items-baseline gap-1.5">
        <span className={`text-2xl leading-8 font-semibold tracking-tight ${isBad ? 'text-warn' : ''}`}>{figure}</span>{' '}
        {ofIt !== '' && <span className="text-soft">{ofIt}</span>}
      </p>
      <p className={`truncate text-xs ${isBad ? 'text-warn' : 'text-faint'}`} title={note}>
        {note}
      </p>
      <div className="pointer-events-none -mx-4 mt-auto">
        <Sparkline points={trend} goal={goal} />
      </div>
    </li>
  )
}

/** `8.1 ms` as the number, large, and its unit, small. */
function splitUnit(value: string): readonly [string, string] {
  const [figure = value, ...unit] = value.split(' ')
  return [figure, unit.join(' ')]
}
