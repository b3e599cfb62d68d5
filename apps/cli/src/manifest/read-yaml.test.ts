import { expect, it } from 'vitest'
import { readYaml } from './read-yaml.ts'

const TEXT = `name: hello
version:
  image: host
  ports:
    - { name: web, containerPort: 0 }
---
# nothing here
---
name: second
`

it('reads several documents, and leaves out empty ones', () => {
  expect(documents(TEXT).map(({ value }) => value)).toEqual([
    { name: 'hello', version: { image: 'host', ports: [{ name: 'web', containerPort: 0 }] } },
    { name: 'second' },
  ])
})

it.each([
  [['name'], { line: 1, column: 1 }],
  [['version', 'image'], { line: 3, column: 3 }],
  [['version', 'ports', 0], { line: 5, column: 7 }],
  [['version', 'ports', 0, 'containerPort'], { line: 5, column: 20 }],
  [['version', 'ports', 0, 'protocol'], { line: 5, column: 7 }],
  [['scalingPolicy', 'maxPods'], { line: 1, column: 1 }],
])('knows where %j stands, or what is around it', (path, place) => {
  expect(documents(TEXT)[0]?.placeOf(path)).toEqual(place)
})

it('knows places in a later document', () => {
  expect(documents(TEXT)[1]?.placeOf(['name'])).toEqual({ line: 9, column: 1 })
})

it.each([
  ['a: [1, 2\n', 2, 1],
  ['a: 1\na: 2\n', 2, 1],
  ['a:\n\t- b\n', 2, 1],
])('says where %j does not parse', (text, line, column) => {
  const result = readYaml(text)
  expect(result.kind === 'refused' && result.problems[0]?.place).toEqual({ line, column })
})

it('reads JSON as well', () => expect(documents('{"name": "a"}')[0]?.value).toEqual({ name: 'a' }))

function documents(text: string) {
  const result = readYaml(text)
  if (result.kind === 'refused') throw new Error(result.problems[0]?.message)
  return result.documents
}
