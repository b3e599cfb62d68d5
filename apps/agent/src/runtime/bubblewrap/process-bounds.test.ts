import { expect, it } from 'vitest'
import { boundsScript, openFilesMaxIn } from './process-bounds.ts'

const MEBIBYTE = 1024 * 1024

it('lets a file grow as far as the memory of the pod, and a small pod keep a large log', () => {
  expect(boundsScript({ memoryBytes: 64 * MEBIBYTE, ephemeralBytes: 0 })).toContain(`ulimit -f ${2 * MEBIBYTE}; `)
  expect(boundsScript({ memoryBytes: 2_048 * MEBIBYTE, ephemeralBytes: 0 })).toContain(`ulimit -f ${4 * MEBIBYTE}; `)
  expect(boundsScript({ memoryBytes: 0, ephemeralBytes: 4_096 * MEBIBYTE })).toContain(`ulimit -f ${8 * MEBIBYTE}; `)
})

it('asks for no more open files than the agent may have itself, because nobody could grant them', () => {
  const pod = { memoryBytes: 0, ephemeralBytes: 0 }
  expect(boundsScript(pod, 20_000)).toContain('ulimit -n 20000; ')
  expect(boundsScript(pod, Number.POSITIVE_INFINITY)).toContain('ulimit -n 65536; ')
  expect(openFilesMaxIn('Max open files            1024                 20000                files     \n')).toBe(
    20_000,
  )
  expect(openFilesMaxIn('Max open files            1024                 unlimited            files     \n')).toBe(
    Number.POSITIVE_INFINITY,
  )
})
