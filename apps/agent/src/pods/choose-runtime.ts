/** Which of the runtimes that a node offers runs a pod. */
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { ISOLATIONS, meetsIsolation } from '@fornax/node-model/isolation-rules'
import type { Runtime } from '../runtime/runtime.ts'

type Offer = Pick<Runtime, 'name' | 'isolation' | 'images' | 'isOnRequest'>

/**
 * The one that was asked for; or else, of those that can run the image, the best isolated, and one that waits to be
 * asked for only where no other will do. Null: none is good enough.
 */
export function chooseRuntime<T extends Offer>(
  offers: readonly T[],
  { runtimeClass, minIsolation, image }: Pick<ApplicationVersion, 'runtimeClass' | 'minIsolation' | 'image'>,
): T | null {
  const kind = image === 'host' ? 'host' : 'oci'
  const fitting = offers
    .filter((offer) => runtimeClass === '' || offer.name === runtimeClass)
    .filter((offer) => meetsIsolation(offer.isolation, minIsolation))
    .toSorted((a, b) => ISOLATIONS.indexOf(b.isolation) - ISOLATIONS.indexOf(a.isolation))
    .toSorted((a, b) => Number(a.isOnRequest) - Number(b.isOnRequest))
  // One that cannot run the image says so better than we could.
  return fitting.find(({ images }) => images === 'any' || images === kind) ?? fitting[0] ?? null
}
