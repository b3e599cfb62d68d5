import { describe, expect, it } from 'vitest'
import { endOfContainer } from './container-end.ts'
import { isolationOf, problemOf, readCriConfig, readSpec } from './cri-config.ts'

describe('what containerd says of itself', () => {
  it('tells its handlers and who makes its control groups', () => {
    const runtimes = { runc: { options: { SystemdCgroup: false } }, kata: { options: null }, runsc: {} }
    const config = JSON.stringify({ containerd: { defaultRuntimeName: 'runc', runtimes } })
    expect(readCriConfig(answer({ config }))).toEqual({
      defaultHandler: 'runc',
      handlers: ['kata', 'runsc'],
      usesCgroupFiles: true,
    })
    const systemd = JSON.stringify({
      containerd: { defaultRuntimeName: 'runc', runtimes: { runc: { options: { SystemdCgroup: true } } } },
    })
    expect(readCriConfig(answer({ config: systemd })).usesCgroupFiles).toBe(false)
  })

  it.each(['', '{', '{"other":1}'])('is taken for as little as possible when it is %j', (config) => {
    expect(readCriConfig(answer({ config }))).toEqual({ defaultHandler: '', handlers: [], usesCgroupFiles: false })
  })

  it('says what is missing before a pod can run', () => {
    const ready = { type: 'RuntimeReady', status: true, reason: '', message: '' }
    const unmet = { type: 'NetworkReady', status: false, reason: 'NoPlugin', message: 'cni plugin not initialized' }
    expect(problemOf(answer({}, [ready]))).toBeNull()
    expect(problemOf(answer({}, [ready, unmet]))).toBe('NetworkReady is false: cni plugin not initialized')
    expect(problemOf(answer({}, [{ ...unmet, message: '' }]))).toBe('NetworkReady is false: NoPlugin')
  })

  it.each([
    ['runc', 'container'],
    ['crun', 'container'],
    ['runsc', 'sandbox'],
    ['kata-qemu', 'sandbox'],
    ['quark', 'sandbox'],
    ['', 'container'],
  ])('a handler of the name %j isolates as a %s', (handler, isolation) => {
    expect(isolationOf(handler)).toBe(isolation)
  })

  it('tells of a sandbox where its network is, and of a container who its user is', () => {
    const linux = { namespaces: [{ type: 'pid' }, { type: 'network', path: '/run/netns/cni-1' }] }
    const info = JSON.stringify({ runtimeSpec: { linux, process: { user: { uid: 5, gid: 6 } } } })
    expect(readSpec({ info })).toMatchObject({ networkFile: '/run/netns/cni-1', user: { uid: 5, gid: 6 } })
    expect(() => readSpec({})).toThrow('expected object')
  })
})

describe('the end of a container', () => {
  it.each([
    [{ state: 0 }, null],
    [{ state: 1 }, null],
    [
      { state: 2, exitCode: 3, reason: 'Error' },
      { exitCode: 3, outOfMemory: false },
    ],
    [
      { state: 2, exitCode: 137, reason: 'OOMKilled' },
      { exitCode: 137, outOfMemory: true },
    ],
    [
      { state: 2, exitCode: 0, reason: 'OOMKilled' },
      { exitCode: 0, outOfMemory: false },
    ],
    [
      { state: 2, exitCode: 255, reason: 'Unknown' },
      { exitCode: null, outOfMemory: false },
    ],
    [{ state: 3 }, { exitCode: null, outOfMemory: false }],
  ] as const)('of status %j is %j', (status, end) => {
    expect(endOfContainer({ id: 'c', exitCode: 0, reason: '', message: '', ...status })).toEqual(end)
  })
})

function answer(
  info: Record<string, string>,
  conditions: { type: string; status: boolean; reason: string; message: string }[] = [],
) {
  return { info, status: { conditions } }
}
