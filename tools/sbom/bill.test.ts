import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { billOfMaterials } from './bill.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Packages that would run a script when they are installed, if they were let. Nobody needs theirs. */
const SCRIPTS_NOT_RUN = ['@apollo/protobufjs', '@bufbuild/buf', '@prisma/engines', 'prisma', 'protobufjs']

it('the bill names every package that ships, with its version', () => {
  const { components } = billOfMaterials(ROOT)
  const names = components.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['@apollo/server', '@grpc/grpc-js', '@peculiar/x509', 'ws', 'zod']))
  expect(components.filter(({ purl, version }) => !purl.startsWith('pkg:npm/') || version === '')).toEqual([])
})

it('no package runs a script when it is installed, and one that newly would is seen', () => {
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  const lock = z
    .object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')))
  const would = Object.entries(lock.packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)] : [],
  )
  expect(would.filter((name) => !SCRIPTS_NOT_RUN.includes(name))).toEqual([])
})
