/** Where one can log in besides, as the server of the console tells its own login page. */

export type LoginChoice = { readonly name: string; readonly label: string }

/** A header of the request that pages are rendered for; what a browser sends under this name is overwritten. */
export const LOGIN_CHOICES = 'x-fornax-login-choices'

/** What the header says; nothing when it is not ours. */
export function loginChoicesOf(header: string | null): readonly LoginChoice[] {
  const said: unknown = header === null ? [] : JSON.parse(header)
  return Array.isArray(said) ? said.filter(isChoice) : []
}

function isChoice(value: unknown): value is LoginChoice {
  return typeof value === 'object' && value !== null && 'name' in value && 'label' in value
}
