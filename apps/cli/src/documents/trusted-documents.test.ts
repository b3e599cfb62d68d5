import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { trustedManifest } from './trusted-documents.ts'

it('has each operation with the fragments that it needs, from whichever file, under the hash of its text', () => {
  const result = trustedManifest([
    { name: 'a.graphql', text: 'query One { viewer { ...Who } } query Two { viewer { role } }' },
    { name: 'b.graphql', text: 'fragment Who on Viewer { ...Where }' },
    { name: 'c.graphql', text: 'fragment Where on Viewer { tenant } fragment Unused on Viewer { role }' },
  ])
  const one =
    'query One {\n  viewer {\n    ...Who\n  }\n}\n\nfragment Where on Viewer {\n  tenant\n}\n\n' +
    'fragment Who on Viewer {\n  ...Where\n}'
  const two = 'query Two {\n  viewer {\n    role\n  }\n}'
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  expect(result).toEqual({ kind: 'made', manifest: { [hash(one)]: one, [hash(two)]: two } })
})

it('names the place of everything that is wrong', () => {
  const result = trustedManifest([
    { name: 'a.graphql', text: 'query One {\n  viewer { ...Nowhere }\n}' },
    { name: 'b.graphql', text: 'query {\n  viewer {\n' },
    { name: 'c.graphql', text: 'fragment Two on Viewer { role }' },
    { name: 'd.graphql', text: 'fragment Two on Viewer { tenant }' },
  ])
  expect(result).toEqual({
    kind: 'refused',
    problems: [
      'b.graphql:3:1: Syntax Error: Expected Name, found <EOF>.',
      'd.graphql: another fragment is called Two too',
      'a.graphql: the fragment Nowhere is in none of the files',
    ],
  })
})

it('ends with fragments that need each other, and leaves out types and comments', () => {
  const text = 'query { node { ...A } } fragment A on Node { b { ...B } } fragment B on Node { a { ...A } }'
  const result = trustedManifest([
    { name: 'a.graphql', text },
    { name: 'b.graphql', text: '# Nothing yet.\n' },
    { name: 'c.graphql', text: 'type Query { node: Node }' },
  ])
  expect(result.kind === 'made' && Object.keys(result.manifest).length).toBe(1)
})
