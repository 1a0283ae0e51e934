import type { ColumnType, FieldType } from '../../engine/core/batch.ts'
import type { Literal } from '../../engine/core/expression.ts'
import type { Value } from './plain-column.ts'
import type { FixtureRow, FixtureTable } from './table-fixture.ts'

export interface QueryCase {
  /** 1-based line of the query in its file. */
  line: number
  text: string
  /** It may change what is there, for those behind it. */
  changes: boolean
  columns: readonly string[]
  rows: readonly (readonly string[])[]
  error?: { message: string; offset: number; length: number }
}

export interface Script {
  tables: Readonly<Record<string, FixtureTable>>
  now: bigint
  params: Readonly<Record<string, Literal>>
  queries: readonly QueryCase[]
}

interface Block {
  line: number
  head: string
  rest: readonly string[]
}

/** Reads a script; its form is described in `test/scripts/README.md`. */
export function parseScript(text: string, file: string): Script {
  const script = { tables: {} as Record<string, FixtureTable>, now: 0n, params: {} as Record<string, Literal> }
  const queries: QueryCase[] = []
  for (const block of blocksOf(text)) {
    const [word, ...rest] = block.head.split(/\s+/)
    if (word === 'load') script.tables[rest.join(' ')] = parseTable(block.rest)
    else if (word === 'now') script.now = parseTime(rest.join(' '))
    else if (word === 'param') script.params[rest[0] ?? ''] = parseParam(rest.slice(2).join(' '))
    else if (word === 'query' || word === 'run') queries.push(parseQuery(block))
    else
      throw new Error(`${file}:${block.line}: a block begins with load, now, param, query or run, not '${block.head}'`)
  }
  return { ...script, queries }
}

/** Blocks are parted by empty lines; lines that begin with # are for the reader. */
function blocksOf(text: string): Block[] {
  const blocks: { line: number; head: string; rest: string[] }[] = []
  let open: { line: number; head: string; rest: string[] } | undefined
  text.split('\n').forEach((line, i) => {
    if (line.startsWith('#')) return
    if (line.trim() === '') open = undefined
    else if (open) open.rest.push(line)
    else {
      open = { line: i + 1, head: line.trim(), rest: [] }
      blocks.push(open)
    }
  })
  return blocks
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

const HEADER = /^(.*):(time|tag|f64|i64|bool|string)(?:\((.*)\))?$/

function parseTable([header = '', ...lines]: readonly string[]): FixtureTable {
  const columns = cellsOf(header).map((cell) => {
    const [, name = '', type = '', unit] = HEADER.exec(cell) ?? []
    if (type === '') throw new Error(`'${cell}' is not name:type`)
    return { name, type, unit }
  })
  const fields = columns.filter(({ type }) => type !== 'tag' && type !== 'time')
  const rows = lines.map((line): FixtureRow => {
    const cells = cellsOf(line)
    const row = { time: 0n, tags: {} as Record<string, string>, fields: {} as Record<string, Value> }
    columns.forEach(({ name, type }, i) => {
      const cell = cells[i] ?? '-'
      if (type === 'time') row.time = parseTime(cell)
      else if (cell === '-') return
      else if (type === 'tag') row.tags[name] = unquote(cell)
      else row.fields[name] = parseValue(cell, type as FieldType)
    })
    return row
  })
  return {
    fields: Object.fromEntries(fields.map(({ name, type }) => [name, type as FieldType])),
    units: Object.fromEntries(fields.flatMap(({ name, unit }) => (unit === undefined ? [] : [[name, unit]]))),
    rows,
  }
}

function parseQuery({ line, head, rest }: Block): QueryCase {
  const table = rest.filter((each) => each.trimStart().startsWith('|')).map(cellsOf)
  const lines: string[] = []
  let error: QueryCase['error']
  const [word = ''] = head.split(/\s+/)
  const first = head.slice(word.length).trim()
  const source = [...(first === '' ? [] : [first]), ...rest.filter((each) => !each.trimStart().startsWith('|'))]
  for (const each of source) {
    const carets = /^(\s*)(\^+|\$) (.*)$/.exec(each)
    if (carets === null) lines.push(each)
    else error = errorAt(lines, { indent: carets[1]?.length ?? 0, mark: carets[2] ?? '', message: carets[3] ?? '' })
  }
  const [columns = [], ...rows] = table
  return { line, text: lines.join('\n'), changes: word === 'run', columns, rows, ...(error && { error }) }
}

/** Carets stand under what is wrong in the line before; a dollar sign stands for the end of the text. */
function errorAt(
  lines: readonly string[],
  { indent, mark, message }: { indent: number; mark: string; message: string },
): NonNullable<QueryCase['error']> {
  const text = lines.join('\n')
  if (mark === '$') return { message, offset: text.length, length: 0 }
  return { message, offset: text.length - (lines.at(-1) ?? '').length + indent, length: mark.length }
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
}

/** `90s` and `-1d` are from 1970 on; all else is RFC 3339 to the millisecond. */
function parseTime(text: string): bigint {
  const [, sign = '', count, unit = ''] = /^(-?)(\d+)(ns|us|ms|s|m|h|d)$/.exec(text) ?? []
  if (count !== undefined) return BigInt(`${sign}${count}`) * (UNITS[unit] ?? 0n)
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) throw new Error(`'${text}' is no time`)
  return BigInt(milliseconds) * 1_000_000n
}

function unquote(cell: string): string {
  return /^'.*'$/s.test(cell) ? cell.slice(1, -1) : cell
}

function parseValue(cell: string, type: ColumnType): Value {
  if (cell === '-') return null
  if (type === 'time') return parseTime(cell)
  if (type === 'i64') return BigInt(cell)
  if (type === 'f64') return Number(cell)
  return type === 'bool' ? cell === 'true' : unquote(cell)
}

function parseParam(text: string): Literal {
  if (/^-?\d+$/.test(text)) return BigInt(text)
  if (/^'.*'$/.test(text)) return unquote(text)
  return text === 'true' || text === 'false' ? text === 'true' : Number(text)
}

/** Doubles agree to 12 digits, all else exactly. */
export function sameCell(actual: Value, expected: string, type: ColumnType | undefined): boolean {
  const wanted = parseValue(expected, type ?? 'string')
  if (typeof actual !== 'number' || typeof wanted !== 'number') return actual === wanted
  return Object.is(actual, wanted) || Math.abs(actual - wanted) <= Math.abs(wanted) * 1e-12
}
