/** Labels and variables as the schema has them: sorted, so that answers can be compared. */
export function toLabels(record: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(record)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }))
}
