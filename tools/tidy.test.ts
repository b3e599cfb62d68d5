/**
 * The house rules that a linter cannot say: which room may import which, which
 * files must stay pure, and what nobody writes. Failing here means moving code,
 * not loosening a table.
 */
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ONLY_IMPORTERS } from './tidy/only-importers.ts'
import { ROOM_PLANS, strayImports } from './tidy/rooms.ts'
import { codeFiles, proseFiles, ROOT, type SourceFile } from './tidy/source-files.ts'

const code = codeFiles()
const prose = proseFiles()
const product = code.filter((file) => !file.isTest)

describe('the code that is guarded', () => {
  it.each(['apps/core/src/', 'apps/agent/src/', 'apps/console/', 'apps/cli/', 'packages/', 'tools/'])(
    'is found in %s',
    (folder) => expect(code.filter((file) => file.path.startsWith(folder)).length).toBeGreaterThan(3),
  )
  it('is told from tests', () => expect(code.filter((file) => file.isTest).length).toBeGreaterThan(5))
})

describe.each(ROOM_PLANS)('the rooms of $source', (plan) => {
  const files = product.filter((file) => file.path.startsWith(`${plan.source}/`))
  it('import only the rooms below them', () => {
    expect(files.flatMap((file) => strayImports(plan, file))).toEqual([])
  })
})

describe('a file that decides', () => {
  const PURE_FILE = /-(state|revision|plan|rules)\.ts$|^(placement|scoring)\.ts$/
  const IMPURE =
    /\bawait\b|\basync\b|\bDate\b|Math\.random|performance\.|\bprocess\.|from 'node:(?!crypto|path|net)|random(Bytes|UUID|Int)\b|\bset(Timeout|Interval)\(|\bfetch\(|kernel\/(log|random|ids)'/
  const pure = product.filter(({ path, name }) => PURE_FILE.test(name) && !path.startsWith('apps/console/'))

  it('is found', () => expect(pure.length).toBeGreaterThan(5))
  it('never waits, reads a clock, draws a random number or logs', () => {
    const decisions = pure.map((file) => ({ ...file, code: file.code.replaceAll(/^import type .*$/gm, '') }))
    expect(signsIn(decisions, IMPURE)).toEqual([])
  })
})

it.each(ONLY_IMPORTERS)('only its own edge touches $what', ({ sign, within, allowed }) => {
  const others = product.filter(({ path }) => within.test(path) && !allowed.test(path))
  expect(signsIn(others, sign)).toEqual([])
})

describe('nobody', () => {
  it('writes a file of more than 400 lines of code', () => {
    const long = code.map(({ path, code: text }) => ({
      path,
      lines: text.split('\n').filter((line) => line.trim() !== '').length,
    }))
    expect(long.filter(({ lines }) => lines > 400)).toEqual([])
  })

  it('names a thing after what it is not', () => {
    const BANNED = /\b(?:class|type|interface|function|enum) \w*(?:Manager|Helper|Utils?|Impl|Processor|Handler)s?\b/
    expect(signsIn(code, BANNED)).toEqual([])
    const BANNED_FILE = /(^|[-.])(manager|helper|util|utils|helpers|impl|processor|misc|common)\.tsx?$/
    expect(code.map(({ path }) => path).filter((path) => BANNED_FILE.test(path))).toEqual([])
  })

  it('writes a file name in another case than kebab-case', () => {
    const KEBAB = /^(\[?[a-z0-9.]+(-[a-z0-9]+)*\]?|_[a-z-]+)+(\.[a-z-]+)*$/
    expect(code.filter(({ name }) => !KEBAB.test(name)).map(({ path }) => path)).toEqual([])
  })

  it('leaves a marker of unfinished work', () => {
    const MARKERS = /\b(?:TODO|FIXME|XXX|HACK)\b/
    const others = code.filter(({ path }) => path !== 'tools/tidy.test.ts')
    expect([...signsInText(others, MARKERS), ...signsInText(prose, MARKERS)]).toEqual([])
  })

  it('narrows the tests to one, or turns one off', () => {
    const NARROWED = /\b(?:it|test|describe)\.(?:only|skip|todo|fixme)\(|^\s*debugger\b/m
    expect(signsIn(code, NARROWED)).toEqual([])
  })

  it('writes a path of this machine', () => {
    const HOME = /(?<=^|['"`\s(=:])\/(?:root|home|Users)\/[a-z]/m
    const all = [...code, ...prose]
    const checkout = all.filter(({ text }) => text.includes(`${ROOT}/`)).map(({ path }) => path)
    expect([...checkout, ...signsInText(all, HOME)]).toEqual([])
  })

  it('gathers exports of other files in a barrel', () => {
    expect(signsIn(product, /^export (\*|\{[^}]*\}) from /m)).toEqual([])
  })
})

describe('a numbered rule', () => {
  const specs = prose.filter(({ name }) => name === 'SPEC.md')
  const rules = specs.flatMap(({ path, text }) =>
    [...text.matchAll(/^- \*\*([A-Z]+\d+)\*\*/gm)].map((match) => ({ room: dirname(path), rule: match[1] ?? '' })),
  )

  it('is found', () => expect(rules.length).toBeGreaterThan(10))
  it('has a test that names it', () => {
    const untested = rules.filter(({ room, rule }) => {
      const tests = code.filter(({ path, isTest }) => isTest && path.startsWith(`${room}/`))
      return !tests.some(({ text }) => new RegExp(String.raw`\b${rule}\b`).test(text))
    })
    expect(untested.map(({ room, rule }) => `${room} ${rule}`)).toEqual([])
  })
})

/** Each file with the first sign found in its code. */
function signsIn(files: readonly SourceFile[], sign: RegExp): string[] {
  return files.flatMap(({ path, code: text }) => found(path, text, sign))
}

/** The same, comments included. */
function signsInText(files: readonly SourceFile[], sign: RegExp): string[] {
  return files.flatMap(({ path, text }) => found(path, text, sign))
}

function found(path: string, text: string, sign: RegExp): string[] {
  const match = sign.exec(text)
  return match === null ? [] : [`${path}:${text.slice(0, match.index).split('\n').length} ${match[0].trim()}`]
}
