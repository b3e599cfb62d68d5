/**
 * An ordinary Node program with a real heap, half of which no compressor makes smaller: a table of records in memory,
 * and an HTTP server that answers from it. It knows nothing of Fornax.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

type Record = { readonly id: number; readonly name: string; readonly note: string; readonly token: string }

const MIB = 1_024 * 1_024
const NOTE = 'a line of text as programs hold thousands of: names, paths, queries, templates and settings; '
const RECORDS_AT_ONCE = 500
const TOKEN_BYTES = 220

const heapBytes = Number(process.env['HEAP_MIB'] ?? 50) * MIB
const records: Record[] = []
while (process.memoryUsage().heapUsed < heapBytes) {
  for (let made = 0; made < RECORDS_AT_ONCE; made += 1) {
    const id = records.length
    const note = Buffer.from(`${id} ${NOTE}${NOTE}`).toString('latin1')
    records.push({ id, name: `record-${id}`, note, token: randomBytes(TOKEN_BYTES).toString('latin1') })
  }
}

let answers = 0
createServer((_request, response) => {
  answers += 1
  const record = records[(answers * 7_919) % records.length]
  const { heapUsed, rss } = process.memoryUsage()
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ id: record?.id, note: record?.note, records: records.length, heapUsed, rss }))
}).listen(Number(process.env['PORT']))
