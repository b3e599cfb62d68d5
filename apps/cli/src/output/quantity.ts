/** Amounts of CPU and memory, as people write and read them. */

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}
const QUANTITY = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti|)$/

/** `0`, `512Ki`, `128Mi`, `1.5Gi`. */
export function formatBytes(bytes: number): string {
  let amount = bytes
  let step = 0
  while (amount >= 1_024 && step < BINARY.length - 1) {
    amount /= 1_024
    step += 1
  }
  const digits = amount < 10 && !Number.isInteger(amount) ? 1 : 0
  return `${amount.toFixed(digits)}${BINARY[step] ?? ''}`
}

/** `250m`: thousandths of a CPU. */
export function formatCpu(millis: number): string {
  return `${Math.round(millis)}m`
}

/** `37%`; a dash of nothing. */
export function formatShare(part: number, whole: number): string {
  return whole <= 0 ? '-' : `${Math.round((part / whole) * 100)}%`
}

/** Bytes of `134217728`, `128Mi` or `1G`; null for anything else. */
export function parseBytes(text: string): number | null {
  const [, amount, unit] = QUANTITY.exec(text) ?? []
  const factor = unit === undefined ? undefined : FACTORS[unit]
  return amount === undefined || factor === undefined ? null : Math.round(Number(amount) * factor)
}
