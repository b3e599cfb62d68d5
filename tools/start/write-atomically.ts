/** Writes a file of the data folder so that it appears whole or not at all, for its owner alone. */
import { renameSync, writeFileSync } from 'node:fs'

export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, path)
}
