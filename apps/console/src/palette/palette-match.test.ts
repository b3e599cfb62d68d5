import { expect, it } from 'vitest'
import { matchEntries, type PaletteEntry, type PaletteKind } from './palette-match.ts'

const ENTRIES = [
  entry('page', 'Nodes'),
  entry('application', 'notebook'),
  entry('node', 'node-1'),
  entry('node', 'zone-a-node-2'),
  entry('action', 'Drain node-1', 'empties the node'),
]

it('shows everything, what can be done first, to who has typed nothing', () => {
  expect(names('')).toEqual(['Drain node-1', 'Nodes', 'notebook', 'node-1', 'zone-a-node-2'])
})

it('puts the beginning of a name before the beginning of a word in it', () => {
  expect(names('node')).toEqual(['Nodes', 'node-1', 'Drain node-1', 'zone-a-node-2'])
  expect(names('node-1')[0]).toBe('node-1')
})

it('wants every word, in the name or in the hint, in any order and any case', () => {
  expect(names('NODE empties')).toEqual(['Drain node-1'])
  expect(names('node nothing')).toEqual([])
})

it('takes what was typed for text, never for a pattern', () => {
  expect(names('no(')).toEqual([])
  expect(names('.*')).toEqual([])
})

function names(typed: string): readonly string[] {
  return matchEntries(ENTRIES, typed).map(({ name }) => name)
}

function entry(kind: PaletteKind, name: string, hint = ''): PaletteEntry {
  return { id: `${kind} ${name}`, kind, name, hint, act: () => undefined }
}
