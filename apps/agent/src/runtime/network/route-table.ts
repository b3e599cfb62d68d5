/** The IPv4 routes of this machine, as /proc/net/route tells them. */

/** Numbers as in an address, the most significant byte first. */
export type Route = { readonly device: string; readonly address: number; readonly mask: number }

/** All routes but the default one. */
export function readRoutes(text: string): readonly Route[] {
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  return rows
    .filter((row) => row.length > 7)
    .map((row) => ({ device: row[0] ?? '', address: littleEndian(row[1] ?? ''), mask: littleEndian(row[7] ?? '') }))
    .filter(({ mask }) => mask !== 0)
}

/** The device behind which an address is; null when only the default route leads there. */
export function deviceTo(address: string, routes: readonly Route[]): string | null {
  const bytes = address.split('.').map(Number)
  const number = Buffer.from(bytes).readUInt32BE(0)
  const fitting = routes.filter((route) => (number & route.mask) >>> 0 === route.address)
  return fitting.toSorted((a, b) => b.mask - a.mask)[0]?.device ?? null
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE(0)
}
