'use client'
/** How large an element is, told by the browser after layout instead of asked for, which would force one. */
import { useCallback, useState } from 'react'

export type ElementSize = { readonly width: number; readonly height: number }

/** Null until it is known. The function is the `ref` of the element. */
export function useElementSize(): readonly [ElementSize | null, (element: HTMLElement | null) => (() => void) | void] {
  const [size, setSize] = useState<ElementSize | null>(null)
  const measure = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return
      const { width, height } = entry.contentRect
      setSize((known) => (known?.width === width && known.height === height ? known : { width, height }))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [size, measure]
}
