/** Lines that a pod wrote. */
export type LogLine = { readonly text: string; readonly isError: boolean }

export function LogLines({ label, lines }: { readonly label: string; readonly lines: readonly LogLine[] }) {
  return (
    <div
      role="region"
      aria-label={label}
      // Scrolling by keys needs focus.
      tabIndex={0}
      className="max-h-80 overflow-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs leading-5 text-text"
    >
      {lines.map(({ text, isError }, index) => (
        // Lines only ever come at the end.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={`whitespace-pre-wrap break-all ${isError ? 'text-warn' : ''}`}>
          {text === '' ? '\u00a0' : text}
        </div>
      ))}
    </div>
  )
}
