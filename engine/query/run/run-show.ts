import type { Batch, Column } from '../../core/batch.ts'
import { emptyValidity, setValid } from '../../core/batch.ts'
import type { Catalog, Queryable } from '../../core/plan.ts'
import { printSeries, tagValue } from '../../core/series.ts'
import type { ShowSubject } from '../parse/syntax.ts'
import type { ShowPlan } from '../plan/plan.ts'
import { printCreateTable, printMs, printRollup } from './print-table.ts'
import type { QueryControl, QueryProgress } from './query-progress.ts'
import type { QueryResult } from './result.ts'

/** Rows of texts; columns of `numbers` have numbers. */
type TextRows = { names: readonly string[]; rows: readonly (readonly Cell[])[]; numbers?: readonly string[] }
type Cell = string | number | undefined
type Show = (query: ShowPlan, queryable: Queryable, context: ShowContext) => TextRows | Promise<TextRows>

export interface ShowContext {
  catalog: Catalog
  /** Absent where nobody keeps account of queries. */
  queries?: QueryControl | undefined
}

const single = (name: string, values: readonly string[]): TextRows => ({
  names: [name],
  rows: values.map((value) => [value]),
})

const SHOWS: Readonly<Record<ShowSubject, Show>> = {
  tables: (_query, _queryable, { catalog }) => ({
    names: ['table', 'retention', 'rollups'],
    rows: catalog.tables.map(({ name, retentionMs, rollups = [] }) => [
      name,
      retentionMs === undefined ? undefined : printMs(retentionMs),
      rollups.length === 0 ? undefined : rollups.map(printRollup).join(', '),
    ]),
  }),
  'create table': ({ table }, _queryable, { catalog }) => {
    const shown = catalog.tables.find(({ name }) => name === table)
    return { names: ['table', 'statement'], rows: shown ? [[shown.name, printCreateTable(shown)]] : [] }
  },
  tags: (query) => single('tag', query.tags),
  'tag values': async ({ table = '', key = '', limit }, queryable) =>
    single('value', await queryable.tagValues(table, key, limit)),
  fields: (query) => ({
    names: ['field', 'type', 'unit'],
    rows: query.fields.map((field) => [field.name, field.type, field.unit]),
  }),
  cardinality: async ({ table }, queryable) => {
    if (table !== undefined) {
      const tags = await queryable.tagCardinality(table)
      const rows = tags.map(({ tag, values, series }) => [tag, values, series])
      return { names: ['tag', 'values', 'series'], rows, numbers: ['values', 'series'] }
    }
    const tables = await queryable.tableCardinality()
    return { names: ['table', 'series'], rows: tables.map((each) => [each.table, each.series]), numbers: ['series'] }
  },
  encodings: async ({ table = '' }, queryable) => {
    const uses = await queryable.encodings(table)
    return {
      names: ['column', 'encoding', 'blocks', 'values', 'bytes'],
      rows: uses.map(({ column, encoding, blocks, values, bytes }) => [column, encoding, blocks, values, bytes]),
      numbers: ['blocks', 'values', 'bytes'],
    }
  },
  queries: async (_query, _queryable, { queries }) => showQueries(queries ? await queries.list() : []),
  series: async ({ table = '', matchers, tags, limit, empty }, queryable) => {
    const series = empty ? [] : await queryable.series(table, matchers, limit)
    return {
      names: ['series', ...tags.filter((tag) => tag !== 'series')],
      rows: series.map((pairs) => [
        printSeries({ table, tags: pairs }),
        ...tags.filter((tag) => tag !== 'series').map((tag) => tagValue(pairs, tag) || undefined),
      ]),
    }
  },
  views: async (_query, queryable, { catalog }) => ({
    names: ['view', 'source', 'refresh', 'state', 'stale', 'last_refresh', 'rows', 'error'],
    rows: await (await import('./show-views.ts')).viewRows(queryable, catalog),
    numbers: ['rows'],
  }),
  'create view': async ({ view }) =>
    single('statement', view ? [(await import('./show-views.ts')).printCreateView(view)] : []),
}

/** Most characters of a statement that SHOW QUERIES shows. */
const MAX_SHOWN_TEXT = 10_000

function showQueries(queries: readonly QueryProgress[]): TextRows {
  return {
    names: ['id', 'state', 'client', 'age_ms', 'rows', 'blocks', 'bytes', 'held_bytes', 'query'],
    rows: queries.map(({ id, state, client, ageMs, counts, heldBytes, text }) => {
      const blocks = counts.cachedBlocks + counts.fetchedBlocks
      const bytes = counts.cachedBytes + counts.fetchedBytes
      return [id, state, client, ageMs, counts.rows, blocks, bytes, heldBytes, text.slice(0, MAX_SHOWN_TEXT)]
    }),
    numbers: ['id', 'age_ms', 'rows', 'blocks', 'bytes', 'held_bytes'],
  }
}

/** Answers a SHOW: one row a thing, all columns strings. */
export async function runShow(query: ShowPlan, queryable: Queryable, context: ShowContext): Promise<QueryResult> {
  const { names, rows, numbers = [] } = await SHOWS[query.subject](query, queryable, context)
  const shown = rows.slice(0, query.limit)
  const columns = names.map((name, at) => {
    const cells = shown.map((row) => row[at])
    return numbers.includes(name) ? numberColumn(name, cells) : textColumn(name, cells.map(textOf))
  })
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    keys: names.slice(0, 1),
    batches: oneBatch({ rows: shown.length, columns }),
  }
}

/** A batch as the batches of a result; none where it has no rows. */
export async function* oneBatch(batch: Batch): AsyncGenerator<Batch> {
  if (batch.rows > 0) yield batch
}

function textOf(cell: Cell): string | undefined {
  return cell === undefined ? undefined : String(cell)
}

function numberColumn(name: string, cells: readonly Cell[]): Column {
  return { name, type: 'i64', values: BigInt64Array.from(cells, (cell) => BigInt(cell ?? 0)) }
}

function textColumn(name: string, texts: readonly (string | undefined)[]): Column {
  const dictionary = [...new Set(texts)].filter((text) => text !== undefined)
  const codes = new Map(dictionary.map((text, code) => [text, code]))
  const values = Uint32Array.from(texts, (text) => (text === undefined ? 0 : (codes.get(text) ?? 0)))
  if (!texts.includes(undefined)) return { name, type: 'string', values, dictionary }
  const validity = emptyValidity(texts.length)
  texts.forEach((text, row) => {
    if (text !== undefined) setValid(validity, row)
  })
  return { name, type: 'string', values, dictionary, validity }
}
