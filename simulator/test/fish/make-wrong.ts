/** Loaded before a program: makes one of the wrong builds out of the product, in memory, as it is loaded. */
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WRONG_BUILDS } from './wrong-builds.ts'

const build = WRONG_BUILDS.find(({ invariant }) => invariant === process.env['WRONG_BUILD'])
if (build === undefined) throw new Error(`there is no wrong build ${process.env['WRONG_BUILD']}`)
const places = build.also === undefined ? [build] : [build, build.also]
const byUrl = new Map(
  places.map((place) => [pathToFileURL(join(resolve(import.meta.dirname, '../../..'), place.file)).href, place]),
)

registerHooks({
  load: (asked, context, next) => {
    const loaded = next(asked, context)
    const place = byUrl.get(asked)
    if (place === undefined) return loaded
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
    if (source.split(place.right).length !== 2) throw new Error(`${place.file} no longer says: ${place.right}`)
    return { ...loaded, source: source.replace(place.right, () => place.wrong) }
  },
})
