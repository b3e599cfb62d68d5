/** Every source file that people write, read once. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

export type SourceFile = {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly name: string
  readonly text: string
  /** The text without its comments. */
  readonly code: string
  readonly isTest: boolean
}

export const ROOT = resolve(import.meta.dirname, '../..')

const ROOMS = ['apps', 'bench', 'packages', 'proto', 'prisma', 'e2e', 'examples', 'simulator', 'tools', 'docs', '.ci']
const NOT_OURS = new Set(['node_modules', 'generated', '.next', '.turbo', 'dist', 'test-results', 'playwright-report'])
const CODE = /\.(ts|tsx|mts|mjs)$/
const PROSE = /\.(md|graphql|proto|prisma|json|yaml|sql|css)$/
const TEST = /\.(test|contract)\.tsx?$|\/test\/|^e2e\//

/** Files of code, by path. */
export function codeFiles(): SourceFile[] {
  return filesWhere((name) => CODE.test(name)).filter(({ name }) => name !== 'next-env.d.ts')
}

/** Files of words, schemas and settings, the ones of the root among them. */
export function proseFiles(): SourceFile[] {
  const ofRoot = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile() && (PROSE.test(entry.name) || CODE.test(entry.name)))
    .map((entry) => entry.name)
    .filter((name) => name !== 'package-lock.json')
  return [...filesWhere((name) => PROSE.test(name)), ...ofRoot.map(read)]
}

function filesWhere(isWanted: (name: string) => boolean): SourceFile[] {
  return ROOMS.flatMap((room) => pathsBelow(room))
    .filter((path) => isWanted(basename(path)))
    .toSorted()
    .map(read)
}

function pathsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? pathsBelow(path) : entry.isFile() ? [path] : []
  })
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, name: basename(path), text, code: withoutComments(text), isTest: TEST.test(path) }
}

/** Good enough for looking for words; a `//` right after a colon is an address. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '')
}

/** What a file imports, as it is written there. */
export function importsOf(file: SourceFile): string[] {
  return [...file.code.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}
