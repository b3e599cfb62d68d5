/**
 * Keeps the checkout that this agent runs from visible in every sandbox, read-only:
 * the examples are in it. It would vanish with a folder that a sandbox gets anew
 * (`/tmp`), and below a folder that only root may enter (`/root`) no pod could
 * reach it. Such a folder is then empty but for the way to the checkout.
 */
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { folderArgs } from './folder-args.ts'

const CHECKOUT = resolve(import.meta.dirname, '../../../../..')
const OTHERS_MAY_ENTER = 0o001

/** Options for bubblewrap, to stand after those for `newFolders`. */
export function checkoutArgs(newFolders: readonly string[], checkout = CHECKOUT): readonly string[] {
  const closed = ancestorsOf(checkout).find((folder) => !newFolders.includes(folder) && !mayEnter(folder))
  const hiding = newFolders.find((folder) => checkout.startsWith(`${folder}/`))
  if (hiding !== undefined) return [...folderArgs(hiding, [checkout]), '--ro-bind', checkout, checkout]
  if (closed === undefined) return []
  return ['--tmpfs', closed, ...folderArgs(closed, [checkout]), '--ro-bind', checkout, checkout]
}

/** The uppermost first, without the root. */
function ancestorsOf(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === '/' ? [] : [...ancestorsOf(parent), parent]
}

function mayEnter(folder: string): boolean {
  return (statSync(folder).mode & OTHERS_MAY_ENTER) !== 0
}
