/** Every attack, in the order of the table. */
import type { Attack, AttackedNode } from './attack.ts'
import { EXHAUSTION_ATTACKS } from './exhaustion-attacks.ts'
import { FILE_ATTACKS } from './file-attacks.ts'
import { NETWORK_ATTACKS } from './network-attacks.ts'
import { POWER_ATTACKS } from './power-attacks.ts'

export const ATTACKS: readonly Attack[] = [...FILE_ATTACKS, ...POWER_ATTACKS, ...NETWORK_ATTACKS, ...EXHAUSTION_ATTACKS]

/** The script of an attack, as it runs inside a pod. */
export function scriptOf(attack: Attack, node: AttackedNode): string {
  return `${PRELUDE}\n${attack.source(node)}`
}

/** What the scripts have in common. BusyBox is all that some images have. */
const PRELUDE = `
  const fs = require('node:fs')
  const net = require('node:net')
  const { spawn, spawnSync } = require('node:child_process')
  const tryTo = (work) => { try { work(); return true } catch { return false } }
  const say = (outcome, how) => { fs.writeSync(1, JSON.stringify({ outcome, how }) + '\\n'); process.exit(0) }
  const deny = (got) => say(got.length === 0 ? 'denied' : 'succeeded', got)
  const box = '/bin/busybox'
  const tool = (...words) => fs.existsSync(box)
    ? spawnSync(box, words, { stdio: 'ignore' }).status
    : spawnSync(words[0], words.slice(1), { stdio: 'ignore' }).status
  const sleeper = fs.existsSync(box) ? [box, ['sleep', '100']] : ['sleep', ['100']]
  const startTicks = (pid) => {
    try {
      const text = fs.readFileSync('/proc/' + pid + '/stat', 'utf8')
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
    } catch { return 0 }
  }
  const ofProcess = (name, files) => startTicks(name.pid) === name.startTicks
    ? files.map((file) => '/proc/' + name.pid + '/' + file)
    : []
`
