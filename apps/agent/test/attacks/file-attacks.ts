/** Attacks on files: of the node, of the agent, and of what is shared with the pod. */
import { outcomeOf, type Attack } from './attack.ts'

const NOTHING = { verdict: 'notPromised', words: '' } as const

export const FILE_ATTACKS: readonly Attack[] = [
  {
    name: "read the agent's ledger, keys, join token and environment, or files, secrets and logs of other pods",
    promises: {
      process: { verdict: 'notPromised', words: 'all that its user can read' },
      plainBubblewrap: { verdict: 'denied', words: 'not there; the rest of the root file system can be read' },
      bubblewrap: { verdict: 'denied', words: 'not there; the rest of the root file system can be read' },
      containerd: { verdict: 'denied', words: 'not there: it sees its image alone' },
    },
    source: ({ hiddenFiles, agent, neighbour }) => `
      const wanted = [...${json([...hiddenFiles, ...neighbour.files])}, ...ofProcess(${json(agent)}, ['environ', 'root/etc/hostname'])]
      deny(wanted.filter((path) => tryTo(() => fs.readFileSync(path))))`,
  },
  {
    name: 'write to files of the node',
    promises: {
      process: NOTHING,
      plainBubblewrap: { verdict: 'denied', words: 'memory of its own alone' },
      bubblewrap: { verdict: 'denied', words: 'memory of its own alone (`/tmp`, `/var/tmp`, `/dev/shm`)' },
      containerd: { verdict: 'denied', words: 'memory of its own alone, and its root if its version says so' },
    },
    source: ({ canary, isSandboxed }) => `
      const places = ${json(isSandboxed)} ? ['/', '/etc', '/usr', '/var', '/home', '/root', '/sys', '/proc'] : []
      const wrote = places.filter((place) => tryTo(() => fs.writeFileSync(place + '/fornax-try', 'x')))
      deny([...wrote, ...[${json(canary)}].filter((path) => tryTo(() => fs.appendFileSync(path, 'changed')))])`,
  },
  {
    name: 'change settings of the kernel, read its log, or touch its devices',
    promises: {
      process: { verdict: 'notPromised', words: 'as far as its user may', isOpen: true },
      plainBubblewrap: { verdict: 'denied', words: '' },
      bubblewrap: { verdict: 'denied', words: '' },
      containerd: { verdict: 'denied', words: '' },
    },
    source: ({ isSandboxed }) => `
      const same = ['/proc/sys/vm/swappiness', '/proc/sys/kernel/core_pattern', '/proc/sys/fs/file-max']
      const wrote = same.filter((path) => tryTo(() => fs.writeFileSync(path, fs.readFileSync(path))))
      const doors = ${json(isSandboxed)} ? ['/proc/sysrq-trigger', '/sys/kernel/uevent_helper', '/dev/mem', '/dev/kmsg'] : []
      const opened = doors.filter((path) => tryTo(() => fs.closeSync(fs.openSync(path, 'r+'))))
      const firstByte = (path) => { const file = fs.openSync(path, 'r'); return fs.readSync(file, Buffer.alloc(1)) === 1 }
      const read = ['/proc/kcore'].filter((path) => { try { return firstByte(path) } catch { return false } })
      deny([...wrote, ...opened, ...read])`,
  },
  {
    name: 'plant symlinks in its session folder, its files and its secrets, or replace them',
    promises: {
      process: { verdict: 'notPromised', words: 'the folder is its own' },
      plainBubblewrap: { verdict: 'denied', words: 'they are read-only' },
      bubblewrap: { verdict: 'denied', words: 'they are read-only' },
      containerd: { verdict: 'denied', words: 'they are read-only' },
    },
    source: ({ canary, ownFolders: [ownFolder] }) => `
      const socket = process.env.FORNAX_SESSION_SOCKET
      const given = ['/run/given/of-version', '/run/given/of-secret'].filter((path) => fs.existsSync(path))
      const attempts = [socket, ...given].flatMap((path) => [
        ['link beside ' + path, () => fs.symlinkSync(${json(canary)}, path.replace(/[^/]+$/, 'fornax-link')), path === socket],
        ['replace ' + path, () => { fs.unlinkSync(path); fs.symlinkSync(${json(canary)}, path) }, true],
        ['move ' + path, () => fs.renameSync(path, path + '.old'), true],
        ['write ' + path, () => fs.appendFileSync(path, 'x'), path !== socket],
        ['hard link ' + path, () => fs.linkSync(path, ${json(`${ownFolder}/fornax-hard-link`)}), true],
      ])
      const places = given.length + (fs.existsSync(socket) ? 1 : 0)
      if (places === 0) throw new Error('there is nothing to attack')
      deny(attempts.filter(([, , counts]) => counts).filter(([, work]) => tryTo(work)).map(([name]) => name))`,
  },
  {
    name: 'plant symlinks in its folders, for the agent to follow when it cleans up',
    promises: {
      process: { verdict: 'contained', words: 'no link is followed' },
      plainBubblewrap: { verdict: 'contained', words: 'its folders vanish with it; no link is followed' },
      bubblewrap: { verdict: 'contained', words: 'its folders vanish with it; no link is followed' },
      containerd: { verdict: 'contained', words: 'its folders vanish with it; no link is followed' },
    },
    source: ({ canary, ownFolders }) => `
      const up = require('node:path').dirname(${json(canary)})
      for (const folder of ${json(ownFolders)}) {
        fs.symlinkSync(${json(canary)}, folder + '/fornax-file')
        fs.symlinkSync(up, folder + '/fornax-folder')
        fs.mkdirSync(folder + '/fornax-deep')
        fs.symlinkSync('../../../../../../../../' + up, folder + '/fornax-deep/up')
      }
      say('contained', 'planted')`,
  },
  {
    name: 'make its log huge and shut the agent out of it, so that it reads for ever, fills the disk or dies',
    promises: {
      process: { verdict: 'contained', words: 'the agent reads and keeps its end alone' },
      plainBubblewrap: {
        verdict: 'contained',
        words: 'as with root; what it forbids the agent to open is permitted again',
      },
      bubblewrap: {
        verdict: 'contained',
        words: 'no file of it grows beyond 1 GiB or its memory; of each of its logs 2 MiB stay',
      },
      containerd: { verdict: 'contained', words: 'it has a pipe and no file; of its log 2 MiB stay' },
    },
    // The suite rotates the log afterwards, and looks what is left of it.
    source: () => `
      process.on('SIGXFSZ', () => {})
      const locked = tryTo(() => fs.fchmodSync(1, 0))
      for (let left = ${json(BEYOND_BYTES)}; left > 0;) left -= fs.writeSync(1, ('x'.repeat(1023) + '\\n').repeat(16))
      const stretched = tryTo(() => fs.ftruncateSync(1, 2 ** 40))
      fs.writeSync(1, '\\n')
      say('contained', { locked, stretched })`,
    judge: (result) => {
      const outcome = outcomeOf(result)
      if (result.end?.exitCode === SIGXFSZ_EXIT) return 'contained'
      return result.said === null ? 'succeeded' : outcome
    },
  },
]

/** More of a log than an agent keeps. */
const BEYOND_BYTES = 2 * 1024 * 1024

/** 128 and the number of the signal that the kernel sends to whoever makes a file too large. */
const SIGXFSZ_EXIT = 128 + 25

function json(value: unknown): string {
  return JSON.stringify(value)
}
