/** How the nodes are looked at, as the address says it. */
import { parseAsString, parseAsStringLiteral } from 'nuqs'
import { FILL_IDS } from './node-fill.ts'

export const NODES_VIEW = {
  view: parseAsStringLiteral(['map', 'table']).withDefault('map'),
  group: parseAsString.withDefault('none'),
  fill: parseAsStringLiteral(FILL_IDS).withDefault('memory-booked'),
  node: parseAsString,
}
