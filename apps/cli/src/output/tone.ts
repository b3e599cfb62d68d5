/** What a word means to who looks at a screen. */
export type Tone = 'good' | 'busy' | 'bad' | 'quiet'

const CODES: Readonly<Record<Tone, string>> = { good: '32', busy: '33', bad: '31', quiet: '2' }

/** Colours a text; leaves it as it is where colours would only disturb. */
export function paint(text: string, tone: Tone | null, hasColour: boolean): string {
  return tone === null || !hasColour ? text : `\u001B[${CODES[tone]}m${text}\u001B[0m`
}

const TONES: Readonly<Record<string, Tone>> = {
  AVAILABLE: 'good',
  IN_USE: 'good',
  READY: 'good',
  STANDBY: 'good',
  ACTIVE: 'good',
  PENDING: 'busy',
  STARTING: 'busy',
  CREATING: 'busy',
  CLOSING: 'busy',
  TERMINATING: 'busy',
  JOINING: 'busy',
  EXPECTED: 'busy',
  DISCONNECTED: 'busy',
  FAILED: 'bad',
  LOST: 'bad',
  HIBERNATED: 'quiet',
  CLOSED: 'quiet',
  TERMINATED: 'quiet',
}

/** How to colour a phase of the API. */
export function toneOf(phase: string): Tone | null {
  return TONES[phase] ?? null
}

/** A name of an enum as a word: `IN_USE` is `InUse`. */
export function toWord(name: string): string {
  return name
    .split('_')
    .map((part) => part.charAt(0) + part.slice(1).toLowerCase())
    .join('')
}
