/** Values that fit a type of the schema, so that nonsense gets as far as resolvers and use-cases. */
import { isEnumType, isInputObjectType, isListType, isNonNullType, type GraphQLInputType } from 'graphql'
import { anyJson, type Chance } from './mutate.ts'

const TEXTS = [
  'hello',
  'x',
  'default',
  '',
  'ses-0000000000000000',
  'pod-0000000000000000',
  'nod-x',
  'aud-1',
  '💥'.repeat(9),
]
const NUMBERS = [0, 1, 2, 5, 100, -1, 2 ** 31 - 1]
/** Of all values, how many do not fit after all. */
const WRONG = 0.03
const DEPTH_MAX = 6

export function fittingValue(type: GraphQLInputType, chance: Chance, depth = 0): unknown {
  if (chance.isHit(WRONG)) return anyJson(chance)
  if (isNonNullType(type)) return fittingValue(type.ofType, chance, depth)
  if (depth > 0 && chance.isHit(0.4)) return undefined
  if (isListType(type))
    return Array.from({ length: chance.below(4) }, () => fittingValue(type.ofType, chance, depth + 1))
  if (isEnumType(type)) return chance.pick(type.getValues()).name
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => depth < DEPTH_MAX || isNonNullType(field.type))
    return Object.fromEntries(fields.map((field) => [field.name, fittingValue(field.type, chance, depth + 1)]))
  }
  if (type.name === 'Boolean') return chance.isHit(0.5)
  if (type.name === 'Int' || type.name === 'ByteCount') return chance.pick(NUMBERS)
  if (type.name === 'DateTime') return chance.pick(['2026-01-31T12:00:00Z', 'yesterday', '9999-99-99'])
  return chance.pick(TEXTS)
}
