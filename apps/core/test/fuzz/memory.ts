/** How much the heap holds when everything that can go has gone. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

export async function heapBytes(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    await new Promise((turn) => setTimeout(turn, 20))
    collect()
  }
  return process.memoryUsage().heapUsed
}
