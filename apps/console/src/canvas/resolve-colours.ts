/** The colours of the theme as a canvas understands them: a variable may be a pair, a canvas wants the one in use. */

/** What each variable is on the screen now. */
export function resolveColours<Name extends `--${string}`>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const resolved = names.map((name) => {
    probe.style.color = `var(${name})`
    return [name, getComputedStyle(probe).color] as const
  })
  probe.remove()
  // The keys are the names, which the type of `fromEntries` forgets.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(resolved) as Record<Name, string>
}
