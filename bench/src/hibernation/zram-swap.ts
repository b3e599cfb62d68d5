/** Swap on compressed memory for as long as a measurement lasts; gone afterwards. Only where nobody else has made any. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export type Swap = Disposable & {
  /** In words, for the table. */
  readonly what: string
  /** What the pages in it take of the machine's memory; null when nobody can tell. */
  compressedBytes(): number | null
}

const DEVICE = '/dev/zram0'
const SETTINGS = '/sys/block/zram0'
const MEMORY_USED_FIELD = 2
const TRIES_MAX = 10

/** The swap of the machine, or one of our own on zram; null, with why, where there can be none. */
export function openSwap(bytes: number): Swap | { readonly missing: string } {
  if (readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1)
    return { what: 'the swap of this machine', compressedBytes: () => null, [Symbol.dispose]: () => undefined }
  if (process.geteuid?.() !== 0) return { missing: 'this machine has no swap, and only root can make some' }
  if (!existsSync(SETTINGS)) return { missing: 'this machine has neither swap nor zram' }
  if (read('disksize') !== '0') return { missing: 'this machine has no swap, and somebody else uses its zram' }
  write('disksize', String(bytes))
  try {
    execFileSync('mkswap', [DEVICE], { stdio: 'ignore' })
    execFileSync('swapon', ['--priority', '100', DEVICE], { stdio: 'ignore' })
  } catch (cause) {
    write('reset', '1')
    return { missing: `swap on zram could not be made: ${cause instanceof Error ? cause.message : String(cause)}` }
  }
  const algorithm = /\[(.+?)\]/.exec(read('comp_algorithm'))?.[1] ?? ''
  return {
    what: `zram (${algorithm}), made for this`,
    compressedBytes: () => Number(read('mm_stat').trim().split(/\s+/)[MEMORY_USED_FIELD]),
    [Symbol.dispose]: () => takeAway(),
  }
}

/** What lies in it has to come back into memory first, which pods that are just ending may stand in the way of. */
function takeAway(): void {
  for (let tries = 1; ; tries += 1) {
    try {
      execFileSync('swapoff', [DEVICE], { stdio: 'ignore' })
      return write('reset', '1')
    } catch (cause) {
      if (tries === TRIES_MAX)
        throw new Error(`swap on zram is left behind; take it away by \`swapoff ${DEVICE}\``, { cause })
    }
  }
}

function read(name: string): string {
  return readFileSync(`${SETTINGS}/${name}`, 'utf8').trim()
}

function write(name: string, value: string): void {
  writeFileSync(`${SETTINGS}/${name}`, value)
}
