import { type Column as ArrowColumn, type Batch as ArrowData, type Table, Type, tableFromIPC } from '@uwdata/flechette'
import type { Batch, Column, ColumnType, StringColumn } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { QueryResult, ResultColumn } from '../../engine/engine.ts'
import { arrowFrames } from '../../engine/ingest/arrow-frames.ts'

/** Where a field's metadata has its unit. */
const UNIT_METADATA = 'unit'

const COLUMN_TYPES: Readonly<Record<number, ColumnType>> = {
  [Type.Timestamp]: 'time',
  [Type.Int]: 'i64',
  [Type.Float]: 'f64',
  [Type.Bool]: 'bool',
  [Type.Utf8]: 'string',
  [Type.Dictionary]: 'string',
}

const corrupt = (what: string): TidemarkError => new TidemarkError('corrupt', `the relay's answer is damaged: ${what}`)

function resultColumns(table: Table): ResultColumn[] {
  return table.schema.fields.map(({ name, type, metadata }) => {
    const unit = metadata?.get(UNIT_METADATA)
    const columnType = COLUMN_TYPES[type.typeId]
    if (columnType === undefined) throw corrupt(`column '${name}' has a type that no answer has`)
    return { name, type: columnType, ...(unit !== undefined && { unit }) }
  })
}

function stringColumn(name: string, data: ArrowData<unknown>, validity: Pick<Column, 'validity'>): StringColumn {
  const codes = new Map<string, number>()
  const values = new Uint32Array(data.length)
  for (let row = 0; row < data.length; row++) {
    const text = data.at(row)
    if (typeof text !== 'string') continue
    const code = codes.get(text) ?? codes.size
    codes.set(text, code)
    values[row] = code
  }
  return { name, type: 'string', values, dictionary: [...codes.keys()], ...validity }
}

function columnOf({ name, type, unit }: ResultColumn, arrow: ArrowColumn<unknown>): Column {
  const [data] = arrow.data
  if (data === undefined) throw corrupt(`column '${name}' is empty`)
  const validity = data.nullCount > 0 && data.validity ? { validity: data.validity } : {}
  const named = { name, ...(unit !== undefined && { unit }), ...validity }
  const { values } = data
  if (type === 'string') return stringColumn(name, data, validity)
  if (type === 'bool') {
    const bytes = Uint8Array.from({ length: data.length }, (_, row) => (data.at(row) === true ? 1 : 0))
    return { ...named, type, values: bytes }
  }
  if (type === 'f64' && values instanceof Float64Array) return { ...named, type, values }
  if ((type === 'time' || type === 'i64') && values instanceof BigInt64Array) return { ...named, type, values }
  throw corrupt(`column '${name}' is not ${type}`)
}

/**
 * The answer in an Arrow IPC stream, batch by batch as it arrives. Arrow does not say which columns are keys: those are time
 * and the strings that are tags. Throws `corrupt` or `truncated`.
 */
export async function readArrowResult(
  source: AsyncIterable<Uint8Array>,
  isTag: (name: string) => boolean,
): Promise<QueryResult> {
  const frames = arrowFrames(source)
  const { value: schema } = await frames.next()
  if (schema?.kind !== 'schema') throw corrupt('it does not begin with a schema')
  const described = tableFromIPC([schema.bytes])
  const columns = resultColumns(described)
  const keys = columns.filter(({ type, name }) => type === 'time' || (type === 'string' && isTag(name)))
  const dictionaries = new Map<bigint, Uint8Array>()
  async function* batches(): AsyncGenerator<Batch> {
    for await (const { kind, bytes, dictionaryId } of frames) {
      if (kind === 'dictionary') dictionaries.set(dictionaryId, bytes)
      if (kind !== 'record-batch') continue
      const table = tableFromIPC([schema?.bytes ?? bytes, ...dictionaries.values(), bytes])
      if (table.numRows === 0) continue
      yield { rows: table.numRows, columns: columns.map((column, i) => columnOf(column, table.getChildAt(i))) }
    }
  }
  return { columns, keys: keys.map(({ name }) => name), batches: batches() }
}
