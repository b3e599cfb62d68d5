/** The icons of the console: 16 by 16, drawn with one line in the colour of the text. Never alone without a word. */

const SHAPES = {
  fleet: 'M2.5 9.5 8 12.5l5.5-3M2.5 6.5 8 3.5l5.5 3L8 9.5z',
  node: 'M2.5 3.5h11v4h-11zM2.5 8.5h11v4h-11zM5 5.5h.01M5 10.5h.01',
  application: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  session: 'M2.5 8h2.2l1.8-4.5 3 9L11.3 8h2.2',
  check: 'm3.5 8.5 3 3 6-7',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  external: 'M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5',
  close: 'm4 4 8 8M12 4l-8 8',
  plus: 'M8 3.5v9M3.5 8h9',
  search: 'm13 13-3-3M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z',
  chevron: 'm6 4 4 4-4 4',
  down: 'm4 6 4 4 4-4',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  sun: 'M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  system: 'M2.5 3h11v7.5h-11zM6 13h4M8 10.5V13',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 9.5h6',
  logout: 'M6.5 3H3v10h3.5M10 5l3 3-3 3M13 8H6.5',
  warning: 'M8 2.5 14 13H2zM8 6.5v3M8 11.2v.01',
  pause: 'M5.5 4v8M10.5 4v8',
  play: 'M5.5 3.5 12 8l-6.5 4.5z',
  pool: 'M2.5 5c1.800-1.800 3.700-1.800 5.500 0s3.700 1.800 5.500 0M2.500 9c1.800-1.800 3.700-1.800 5.500 0s3.700 1.800 5.500 0M2.500 13c1.800-1.800 3.700-1.800 5.500 0s3.700 1.800 5.500 0',
  latency: 'M2.5 13.500V9M6.200 13.500V5.500M9.800 13.500V2.500M13.500 13.500V7.500',
  event: 'M4.500 3.500h9M4.500 8h9M4.500 12.500h9M2 3.500h.01M2 8h.01M2 12.500h.01',
  audit: 'M8 2 13 4v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM6 8l1.500 1.500L10.500 6.500',
  settings: 'M2.500 4.500h5M10.500 4.500h3M9 3v3M2.500 11.500h3M8.500 11.500h5M7 10v3',
  action: 'M9 2 4 9h4l-1 5 5-7H8z',
  map: 'M2.500 2.500h3v3h-3zM6.500 2.500h3v3h-3zM10.500 2.500h3v3h-3zM2.500 6.500h3v3h-3zM6.500 6.500h3v3h-3zM10.500 6.500h3v3h-3zM2.500 10.500h3v3h-3zM6.500 10.500h3v3h-3z',
  table: 'M2.500 3h11v10h-11zM2.500 6.300h11M2.500 9.600h11M6.500 3v10',
  back: 'm10 4-4 4 4 4',
  trash: 'M3 4.500h10M6 4.500V3h4v1.500M4.500 4.500 5 13h6l.5-8.500',
  edit: 'M3 13l.700-3L10.500 3.200l2.300 2.300L6 12.300z',
} as const

export type IconName = keyof typeof SHAPES

export function Icon({ name, className = '' }: { readonly name: IconName; readonly className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`size-4 shrink-0 ${className}`}
    >
      <path d={SHAPES[name]} />
    </svg>
  )
}

/** The mark of Fornax: a flame between two walls. */
export function FornaxMark({ className = '' }: { readonly className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 24 24" fill="none" className={`shrink-0 ${className}`}>
      <path d="M4 21V10a8 8 0 0 1 16 0v11" stroke="currentColor" strokeWidth={2} strokeLinecap="round" />
      <path
        d="M12 8.5c.4 2.6 3.6 4 3.6 7.4A3.6 3.6 0 0 1 12 19.5a3.6 3.6 0 0 1-3.6-3.6c0-1.6.8-2.5 1.5-3.3.3 1 .8 1.4 1.3 1.6-.3-2 .1-4.100.8-5.700z"
        fill="var(--ember)"
      />
    </svg>
  )
}
