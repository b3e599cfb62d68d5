/** Where something is in its life: a colour, a glyph and a word, because no one of them is enough for everybody. */

export type Tone = 'waiting' | 'starting' | 'ready' | 'busy' | 'leaving' | 'gone' | 'asleep' | 'warn' | 'danger'

const COLOURS: Readonly<Record<Tone, string>> = {
  waiting: 'text-waiting',
  starting: 'text-starting',
  ready: 'text-ready',
  busy: 'text-busy',
  leaving: 'text-leaving',
  gone: 'text-gone',
  asleep: 'text-asleep',
  warn: 'text-warn',
  danger: 'text-danger',
}

export function PhaseMark({ tone, word }: { readonly tone: Tone; readonly word: string }) {
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap font-medium ${COLOURS[tone]}`}>
      <Glyph tone={tone} />
      {word}
    </span>
  )
}

/** Each tone has a shape of its own. */
export function Glyph({ tone }: { readonly tone: Tone }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 12 12"
      className={`size-3 shrink-0 ${COLOURS[tone]}`}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
    >
      {GLYPHS[tone]}
    </svg>
  )
}

const GLYPHS = {
  waiting: <circle cx={6} cy={6} r={4.5} strokeDasharray="2.1 2.6" />,
  starting: (
    <>
      <circle cx={6} cy={6} r={4.5} />
      <path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor" stroke="none" />
    </>
  ),
  ready: <circle cx={6} cy={6} r={5} fill="currentColor" stroke="none" />,
  busy: (
    <>
      <circle cx={6} cy={6} r={5} />
      <circle cx={6} cy={6} r={2.6} fill="currentColor" stroke="none" />
    </>
  ),
  leaving: (
    <>
      <circle cx={6} cy={6} r={4.5} />
      <path d="M1.5 6h9a4.5 4.5 0 0 1-9 0z" fill="currentColor" stroke="none" />
    </>
  ),
  gone: <circle cx={6} cy={6} r={4.5} />,
  asleep: <path d="M3 3h5.500L3 9.300h6" strokeLinejoin="round" strokeLinecap="round" />,
  warn: <path d="M6 1.500 11 10.500H1z" fill="currentColor" stroke="none" />,
  danger: <path d="m2.500 2.500 7 7m0-7-7 7" strokeLinecap="round" strokeWidth={2} />,
} as const
