/** Objects of the API as they are, for programs. */

export type Format = 'table' | 'wide' | 'name' | 'json' | 'yaml'

export const FORMATS: readonly Format[] = ['wide', 'name', 'json', 'yaml']

export type StructuredFormat = Extract<Format, 'json' | 'yaml'>

export function isStructured(format: Format): format is StructuredFormat {
  return format === 'json' || format === 'yaml'
}

/** With a line feed at its end. A YAML text is one document. */
export async function formatObject(object: unknown, format: StructuredFormat): Promise<string> {
  if (format === 'json') return `${JSON.stringify(object, null, 2)}\n`
  // Loaded when it is asked for: it costs as much as the rest of the start.
  const { stringify } = await import('yaml')
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** One of a stream of objects: a line of JSON, or a YAML document. */
export async function formatStreamed(object: unknown, format: StructuredFormat): Promise<string> {
  return format === 'json' ? `${JSON.stringify(object)}\n` : `---\n${await formatObject(object, format)}`
}
