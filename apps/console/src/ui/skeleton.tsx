/** Grey shapes where data will be. */
export function RowsSkeleton({ rows = 8 }: { readonly rows?: number }) {
  return (
    <div aria-hidden className="flex flex-col">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-[41px] items-center gap-6 border-b border-line/60 px-4">
          <div className="skeleton h-3 w-40" />
          <div className="skeleton h-3 w-24" />
          <div className="skeleton h-3 flex-1" />
          <div className="skeleton h-3 w-16" />
        </div>
      ))}
    </div>
  )
}

/** Where a chart will be, as high as it. */
export function ChartSkeleton({ height = 208 }: { readonly height?: number }) {
  return <div aria-hidden className="skeleton w-full opacity-60" style={{ height }} />
}
