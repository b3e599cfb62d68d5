/** A key, as it is drawn in hints: `g n`. */
export function KeyHint({ keys }: { readonly keys: string }) {
  return (
    <span className="inline-flex gap-0.5">
      {keys.split(' ').map((key) => (
        <kbd
          key={key}
          className="inline-flex h-[1.125rem] min-w-[1.125rem] items-center justify-center rounded border border-line bg-raised px-1 font-mono text-[0.6875rem] text-faint"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}
