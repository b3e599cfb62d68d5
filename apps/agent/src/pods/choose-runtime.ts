/** Which of the runtimes that a node offers runs a pod. */
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { ISOLATIONS, meetsIsolation, type Isolation } from '@fornax/node-model/isolation-rules'

type Offer = { readonly name: string; readonly isolation: Isolation }

/** The one that was asked for, or else the best isolated; null: none is good enough. */
export function chooseRuntime<T extends Offer>(
  offers: readonly T[],
  { runtimeClass, minIsolation }: Pick<ApplicationVersion, 'runtimeClass' | 'minIsolation'>,
): T | null {
  const fitting = offers
    .filter((offer) => runtimeClass === '' || offer.name === runtimeClass)
    .filter((offer) => meetsIsolation(offer.isolation, minIsolation))
    .toSorted((a, b) => ISOLATIONS.indexOf(b.isolation) - ISOLATIONS.indexOf(a.isolation))
  return fitting[0] ?? null
}
