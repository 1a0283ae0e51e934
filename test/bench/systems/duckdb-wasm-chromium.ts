import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeData, makeVector, Table, TimestampMicrosecond, tableToIPC, Vector } from 'apache-arrow'
import { type ArrivalBatch, arrivalBatches, FIELDS } from '../tsbs-data.ts'
import { insertTags, SCHEMA } from '../tsbs-sql.ts'
import { missingChromium, openPageSystem } from './page-system.ts'
import type { SystemDescription } from './system.ts'

const DISTRIBUTION = dirname(fileURLToPath(import.meta.resolve('@duckdb/duckdb-wasm')))
const PAGE = join(import.meta.dirname, '..', 'pages', 'duckdb-wasm-page.ts')

function toArrow(batch: ArrivalBatch): Uint8Array {
  const micros = batch.time.map((nanos) => nanos / 1000n)
  const time = makeData({ type: new TimestampMicrosecond(), data: micros, length: batch.rows })
  const fields = FIELDS.map((field, i) => [field, makeVector(batch.fields[i] ?? new BigInt64Array())])
  const table = new Table({ time: new Vector([time]), tags_id: makeVector(batch.hosts), ...Object.fromEntries(fields) })
  return tableToIPC(table, 'stream')
}

/** DuckDB-WASM in a worker of a page, stored in the origin's private file system. */
export const duckdbWasmChromium: SystemDescription = {
  label: 'DuckDB-WASM in Chromium',
  own: false,
  missing: missingChromium,
  open: (context) => {
    const batches = arrivalBatches(context.data)
    const answer = (path: string): string | Uint8Array | undefined => {
      if (path === '/setup.json') return JSON.stringify([...SCHEMA, insertTags(context.data)])
      if (!path.startsWith('/batch/')) return undefined
      const next = batches.next()
      return next.done ? undefined : toArrow(next.value)
    }
    return openPageSystem(context, {
      entry: PAGE,
      how: 'Arrow, 100,000 rows a batch, OPFS, checkpoint',
      routes: { answer, folders: { '/duckdb/': DISTRIBUTION } },
    })
  },
}
