/** The table of `docs/security.md`, of what the suite holds every runtime to. */
import { ATTACKS } from './all-attacks.ts'
import { RUNTIME_KINDS, type Promised, type RuntimeKind, type Verdict } from './attack.ts'

const TITLES: Readonly<Record<RuntimeKind, string>> = {
  process: '`process`',
  plainBubblewrap: '`bubblewrap` (without root)',
  bubblewrap: '`bubblewrap` (as root)',
  containerd: '`containerd` (runc)',
}
const VERDICTS: Readonly<Record<Verdict, string>> = {
  denied: 'denied',
  contained: 'contained',
  notPromised: '**not promised**',
}

/** Its rows, each a list of cells, the first of them with the heads. */
export function attackTable(): readonly (readonly string[])[] {
  const heads = ['from inside a pod', ...RUNTIME_KINDS.map((kind) => TITLES[kind])]
  return [heads, ...ATTACKS.map(({ name, promises }) => [name, ...RUNTIME_KINDS.map((kind) => cellOf(promises[kind]))])]
}

function cellOf({ verdict, words }: Promised): string {
  return words === '' ? VERDICTS[verdict] : `${VERDICTS[verdict]}: ${words}`
}
