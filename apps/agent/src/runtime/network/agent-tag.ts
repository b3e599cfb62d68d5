/**
 * Everything that an agent makes on a machine carries its tag, so that it is
 * recognised after a crash and never mistaken for another agent's.
 */
import { createHash } from 'node:crypto'

const TAG_LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** The tag of the agent whose things lie in this folder: six letters. */
export function tagOf(folder: string): string {
  const bytes = createHash('sha256').update(folder).digest()
  return [...bytes.subarray(0, 6)].map((byte) => TAG_LETTERS[byte % TAG_LETTERS.length]).join('')
}

/** The nftables table of an agent. */
export function tableName(tag: string): string {
  return `fornax_${tag}`
}
