/** What the core says of a thing, as a sentence of its own. */
export function sentence(text: string): string {
  const said = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(said) ? said : `${said}.`
}
