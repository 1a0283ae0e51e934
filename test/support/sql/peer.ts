import { type DuckDBConnection, DuckDBInstance, DuckDBListValue } from '@duckdb/node-api'
import { canonicalTags, compareUtf8 } from '../../../engine/core/series.ts'
import type { Value } from '../plain-column.ts'
import type { PlainDatabase, PlainTable } from './random-database.ts'

export type PeerValue = Value | readonly Exclude<Value, null>[]

const TYPES = { f64: 'DOUBLE', i64: 'BIGINT', bool: 'BOOLEAN', string: 'VARCHAR' } as const

/** Times are whole nanoseconds there, as here; the clock of a zone is asked to the microsecond. */
const MACROS = [
  'CREATE MACRO window_start(width, origin, t) AS t - ((((t - origin::BIGINT) % width::BIGINT) + width) % width::BIGINT)',
  'CREATE MACRO whole(a, b) AS (a - (((a % b) + b) % b)) // b',
  "CREATE MACRO clock(zone, t) AS timezone(zone, timezone('UTC', make_timestamp(whole(t, 1000))))",
  'CREATE MACRO calendar_start(unit, zone, t) AS 1000 * epoch_us(timezone(zone, date_trunc(unit, clock(zone, t))))',
]

/** DuckDB with the rows of a database. */
export class Peer {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(): Promise<Peer> {
    const connection = await (await DuckDBInstance.create()).connect()
    for (const macro of [
      "SET TimeZone = 'UTC'",
      'SET threads = 1',
      'SET order_by_non_integer_literal = true',
      ...MACROS,
    ])
      await connection.run(macro)
    return new Peer(connection)
  }

  async load({ tables }: PlainDatabase): Promise<void> {
    for (const { table_name } of await this.#rowsOf('SELECT table_name FROM duckdb_tables()')) {
      await this.#connection.run(`DROP TABLE ${String(table_name)}`)
    }
    for (const table of tables) await this.#loadTable(table)
  }

  async #loadTable({ name, tags, fields, rows }: PlainTable): Promise<void> {
    const columns = [
      ...tags.map((tag) => `${tag} VARCHAR`),
      ...fields.map((field) => `${field.name} ${TYPES[field.type]}`),
    ]
    await this.#connection.run(`CREATE TABLE ${name}(time BIGINT, series_rank BIGINT, ${columns.join(', ')})`)
    const series = rows.map((row) => canonicalTags(Object.entries(row.tags)).flat())
    const ranks = new Map(series.toSorted(compareSeries).map((key, rank) => [JSON.stringify(key), rank]))
    const values = rows.map((row, k) => {
      const cells = [
        ...tags.map((tag) => row.tags[tag] ?? null),
        ...fields.map((field) => row.fields[field.name] ?? null),
      ]
      return `(${row.time}, ${ranks.get(JSON.stringify(series[k])) ?? 0}, ${cells.map(literal).join(', ')})`
    })
    if (values.length > 0) await this.#connection.run(`INSERT INTO ${name} VALUES ${values.join(', ')}`)
  }

  async ask(text: string): Promise<PeerValue[][]> {
    const reader = await this.#connection.runAndReadAll(text)
    return reader.getRows().map((row) => row.map(plainValue))
  }

  async #rowsOf(text: string): Promise<Record<string, unknown>[]> {
    return (await this.#connection.runAndReadAll(text)).getRowObjects()
  }

  close(): void {
    this.#connection.closeSync()
  }
}

/** By tags, one after the other: name, then value; of series that begin alike the one without more tags comes first. */
function compareSeries(a: readonly string[], b: readonly string[]): number {
  const place = a.findIndex((text, at) => text !== b[at])
  if (place < 0) return a.length - b.length
  return place < b.length ? compareUtf8(a[place] ?? '', b[place] ?? '') : 1
}

function plainValue(value: unknown): PeerValue {
  if (value instanceof DuckDBListValue) {
    return value.items.map(plainValue).filter((item) => item !== null && !Array.isArray(item)) as Exclude<Value, null>[] // of scalars
  }
  if (value === null || ['bigint', 'number', 'boolean', 'string'].includes(typeof value)) return value as Value // as just seen
  throw new Error(`no value of a test: ${String(value)}`)
}

function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value === 'bigint') return `(${value})::BIGINT`
  return typeof value === 'number' ? `'${Object.is(value, -0) ? '-0' : value}'::DOUBLE` : String(value)
}
