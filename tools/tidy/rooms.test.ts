import { describe, expect, it } from 'vitest'
import { ROOM_PLANS, strayImports } from './rooms.ts'
import type { SourceFile } from './source-files.ts'

const [core] = ROOM_PLANS

describe('strayImports', () => {
  it.each([
    ['pods/pod-state.ts', '../fleet/fleet.ts', ['apps/core/src/pods/pod-state.ts → fleet/fleet.ts']],
    [
      'graphql/server.ts',
      '../nodelink/node-connection.ts',
      ['apps/core/src/graphql/server.ts → nodelink/node-connection.ts'],
    ],
    ['unplanned/thing.ts', '../pods/pod.ts', ['apps/core/src/unplanned/thing.ts → pods/pod.ts']],
    ['fleet/fleet.ts', '../pods/pod.ts', []],
    ['fleet/fleet.ts', './change-log.ts', []],
    ['fleet/fleet.ts', '@fornax/kernel/clock', []],
    ['graphql/resolvers.ts', '../store/store.ts', []],
    ['sessions/open-session.ts', '../fleet/fleet.ts', []],
    ['sessions/session-state.ts', '../fleet/fleet.ts', ['apps/core/src/sessions/session-state.ts → fleet/fleet.ts']],
  ])('%s importing %s', (path, specifier, stray) => {
    if (core === undefined) throw new Error('the core has a plan')
    expect(strayImports(core, file(`apps/core/src/${path}`, `import { x } from '${specifier}'\n`))).toEqual(stray)
  })
})

function file(path: string, text: string): SourceFile {
  return { path, name: path.split('/').at(-1) ?? '', text, code: text, isTest: false }
}
