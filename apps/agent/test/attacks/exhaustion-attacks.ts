/** Attacks that use up what others need. Each stops by itself long before a machine would notice. */
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { outcomeOf, type Attack } from './attack.ts'

const MEBIBYTE = 1024 * 1024

/** A pod that is small enough to be filled quickly. */
const SMALL: Partial<ApplicationVersion> = { memoryBytes: 96 * MEBIBYTE }

/** How many processes and threads a pod of the suite may have. */
export const PIDS_PER_POD = 64

/** What a pod asks for whose CPU is measured: little enough to be had on a busy machine too. */
const CPU_MILLIS = 200

const NOTHING = { verdict: 'notPromised', words: '' } as const

/** How runtimes refuse it that run pods on the node's own root file system. */
const NO_WRITABLE_ROOT = /^the (process|bubblewrap) runtime cannot make the root of a pod writable: /

export const EXHAUSTION_ATTACKS: readonly Attack[] = [
  {
    name: 'use all memory',
    needs: 'limits',
    version: SMALL,
    promises: {
      process: NOTHING,
      plainBubblewrap: NOTHING,
      bubblewrap: { verdict: 'contained', words: 'dies alone of it' },
      containerd: { verdict: 'contained', words: 'dies alone of it' },
    },
    source: () => `
      const all = []
      while (all.length < 256) all.push(Buffer.alloc(${MEBIBYTE}, 1))
      say('succeeded', all.length + ' MiB')`,
  },
  {
    name: 'make processes without end',
    needs: 'limits',
    promises: {
      process: NOTHING,
      plainBubblewrap: NOTHING,
      bubblewrap: { verdict: 'contained', words: 'refused beyond 1,024' },
      containerd: {
        verdict: 'contained',
        words: 'refused beyond 1,024 (with control groups of version 1 only if they are not those of systemd)',
      },
    },
    source: () => `
      const start = () => new Promise((resolve) => {
        const child = spawn(...sleeper, { stdio: 'ignore' })
        child.once('spawn', () => resolve(child)).once('error', () => resolve(null))
      })
      Promise.all(Array.from({ length: ${PIDS_PER_POD + 20} }, start)).then((children) => {
        const started = children.filter((child) => child !== null)
        for (const child of started) child.kill('SIGKILL')
        if (started.length < 5) throw new Error('nothing could be started at all')
        say(started.length < ${PIDS_PER_POD} ? 'contained' : 'succeeded', started.length)
      })`,
  },
  {
    name: 'fill the disk by writing to its folders',
    needs: 'limits',
    version: { ...SMALL, ephemeralBytes: 32 * MEBIBYTE },
    promises: {
      process: NOTHING,
      plainBubblewrap: {
        verdict: 'contained',
        words: 'they are memory; is told that they are full, if its version says how large they are',
      },
      bubblewrap: {
        verdict: 'contained',
        words: 'they are memory of its own: is told that they are full, or dies of it',
      },
      containerd: {
        verdict: 'contained',
        words: 'they are memory of its own: is told that they are full, or dies of it',
      },
    },
    source: ({ ownFolders, isSandboxed }) => `
      const block = Buffer.alloc(${MEBIBYTE}, 1)
      let wrote = 0
      const mostEach = ${isSandboxed ? 256 : 16}
      const isFull = (folder) => {
        for (let n = 0; n < mostEach; n += 1, wrote += 1)
          if (!tryTo(() => fs.writeFileSync(folder + '/fornax-' + n, block))) return true
        return false
      }
      const notFull = ${JSON.stringify(ownFolders)}.filter((folder) => !isFull(folder))
      say(notFull.length === 0 ? 'contained' : 'succeeded', { wrote, notFull })`,
  },
  {
    name: 'fill the disk by writing to its root, where its version makes that writable',
    needs: 'limits',
    version: { ...SMALL, hasWritableRoot: true },
    promises: {
      process: { verdict: 'denied', words: 'such a version is refused' },
      plainBubblewrap: { verdict: 'denied', words: 'such a version is refused' },
      bubblewrap: { verdict: 'denied', words: 'such a version is refused' },
      containerd: { verdict: 'contained', words: 'is ended for it, up to 20 s later' },
    },
    source: () => `
      let wrote = 0
      while (wrote < 128 && tryTo(() => fs.writeFileSync('/fornax-' + wrote, Buffer.alloc(${MEBIBYTE}, 1)))) wrote += 1
      setInterval(() => {}, 1e6)`,
    isForAgentToEnd: true,
    judge: (result) => {
      if (result.refusal !== null && NO_WRITABLE_ROOT.test(result.refusal)) return 'denied'
      return result.wasEnded ? 'contained' : outcomeOf(result)
    },
  },
  {
    name: 'use up inodes with empty files and folders',
    needs: 'limits',
    version: { ...SMALL, ephemeralBytes: 32 * MEBIBYTE },
    promises: {
      process: NOTHING,
      plainBubblewrap: NOTHING,
      bubblewrap: { verdict: 'contained', words: 'they count as its memory: dies alone of them' },
      containerd: { verdict: 'contained', words: 'one for each 4 KiB of its folders, then is told so' },
    },
    source: ({ ownFolders, isSandboxed }) => `
      let made = 0
      const isFull = (folder) => {
        for (let n = 0; n < ${isSandboxed ? 200_000 : 1_000}; n += 1, made += 1)
          if (!tryTo(() => fs.mkdirSync(folder + '/fornax-' + n))) return true
        return false
      }
      const notFull = ${JSON.stringify(ownFolders)}.slice(0, 1).filter((folder) => !isFull(folder))
      say(notFull.length === 0 ? 'contained' : 'succeeded', { made, notFull })`,
  },
  {
    name: 'use up file handles',
    needs: 'limits',
    version: SMALL,
    promises: {
      process: { verdict: 'notPromised', words: 'as the machine is set up', isOpen: true },
      plainBubblewrap: {
        verdict: 'notPromised',
        words: '65,536 for each process, but as many processes as it likes',
        isOpen: true,
      },
      bubblewrap: { verdict: 'contained', words: '65,536 for each process, and they count as its memory' },
      containerd: {
        verdict: 'contained',
        words: 'as many for each process as containerd has (`LimitNOFILE`), and they count as its memory',
      },
    },
    source: ({ isSandboxed }) => `
      let opened = 0
      while (opened < ${isSandboxed ? 1_500_000 : 1_000} && tryTo(() => fs.openSync('/dev/null'))) opened += 1
      say(opened < ${isSandboxed ? 1_500_000 : 1_000} ? 'contained' : 'succeeded', opened)`,
  },
  {
    name: 'use all CPU',
    needs: 'limits',
    version: { cpuMillis: CPU_MILLIS },
    promises: {
      process: { ...NOTHING, isOpen: true },
      plainBubblewrap: { ...NOTHING, isOpen: true },
      bubblewrap: { verdict: 'notPromised', words: 'a share when others want it too, no ceiling', isOpen: true },
      containerd: { verdict: 'contained', words: 'gets what it asked for and no more, 5 s after its start' },
    },
    source: () => `
      const endMs = Date.now() + 1_500
      const before = process.cpuUsage()
      while (Date.now() < endMs);
      const { user, system } = process.cpuUsage(before)
      const share = (user + system) / 1_500_000
      say(share < ${(CPU_MILLIS / 1_000) * 1.5} ? 'contained' : 'succeeded', share)`,
  },
]
