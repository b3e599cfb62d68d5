/** Attacks on what a process is: who it runs as, what it may ask the kernel for, whom it sees. */
import type { Attack } from './attack.ts'

export const POWER_ATTACKS: readonly Attack[] = [
  {
    name: 'become root, or get any privilege',
    needs: 'filter',
    promises: {
      process: { verdict: 'notPromised', words: 'is the user of the agent', isOpen: true },
      plainBubblewrap: {
        verdict: 'denied',
        words: 'is the user of the agent, without privileges and without a way to new ones',
      },
      bubblewrap: { verdict: 'denied', words: 'is nobody, without privileges and without a way to new ones' },
      containerd: {
        verdict: 'denied',
        words: 'the user of its image (root is root, without a user namespace), no capabilities but those it is given',
      },
    },
    source: ({ ownFolders: [ownFolder], isSandboxed }) => `
      const status = fs.readFileSync('/proc/self/status', 'utf8')
      const field = (name) => new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm').exec(status)[1]
      const got = ['CapPrm', 'CapEff', 'CapAmb'].filter((name) => /[1-9a-f]/.test(field(name)))
      if (field('NoNewPrivs') !== '1') got.push('programs with more privileges')
      if (process.getuid() !== 0 && tryTo(() => process.setuid(0))) got.push('root')
      const shell = ['/bin/sh', '-c', ':']
      const ways = [['unshare', '-U', ...shell], ['unshare', '-m', ...shell], ['unshare', '-n', ...shell], ['chroot', '/', ...shell]]
      const rough = [['mknod', '${ownFolder}/fornax-disk', 'b', '7', '0'], ['mount', '-t', 'tmpfs', 'none', '${ownFolder}'],
        ['mount', '-o', 'remount,rw', '/']]
      for (const way of [...ways, ...(${JSON.stringify(isSandboxed)} ? rough : [])]) if (tool(...way) === 0) got.push(way.join(' '))
      deny(got)`,
  },
  {
    name: 'see or signal processes of the node, of the agent or of other pods',
    promises: {
      process: { verdict: 'notPromised', words: '' },
      plainBubblewrap: { verdict: 'denied', words: 'sees its own alone' },
      bubblewrap: { verdict: 'denied', words: 'sees its own alone' },
      containerd: { verdict: 'denied', words: 'sees its own alone' },
    },
    source: ({ neighbour, agent }) => `
      deny([${JSON.stringify(neighbour.process)}, ${JSON.stringify(agent)}].filter((name) =>
        ofProcess(name, ['stat']).some((path) => fs.existsSync(path)) && tryTo(() => process.kill(name.pid, 0))))`,
  },
  {
    name: 'have its memory written to a disk of the node by crashing',
    promises: {
      process: { verdict: 'notPromised', words: 'as the machine is set up', isOpen: true },
      plainBubblewrap: { verdict: 'denied', words: 'leaves no core dump' },
      bubblewrap: { verdict: 'denied', words: 'leaves no core dump' },
      containerd: { verdict: 'notPromised', words: 'as containerd is set up (`LimitCORE`)', isOpen: true },
    },
    source: () => `
      const [, soft, hard] = /^Max core file size +(\\S+) +(\\S+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))
      deny([soft, hard].filter((limit) => limit !== '0'))`,
  },
]
