import { type Column, type ColumnType, isValid, valueAt } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import { printLiteral } from '../core/expression.ts'
import { toDoubles } from '../core/integers.ts'
import { parseTimestamp, printTimestamp } from '../core/time.ts'
import { byValue } from './by-value.ts'
import type { Call, Overload, ScalarFunction } from './scalar-function.ts'

/** Names of types in CAST, other systems' among them. */
export const TYPE_NAMES: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ...(['f64', 'double', 'float', 'float8', 'real'] as const).map((name) => [name, 'f64'] as const),
  ...(['i64', 'bigint', 'integer', 'int', 'int8', 'long'] as const).map((name) => [name, 'i64'] as const),
  ...(['bool', 'boolean'] as const).map((name) => [name, 'bool'] as const),
  ...(['string', 'text', 'varchar'] as const).map((name) => [name, 'string'] as const),
  ...(['time', 'timestamp', 'timestamptz'] as const).map((name) => [name, 'time'] as const),
])

/** The name of the function that converts to a type: no name that a statement could write. */
export function castName(to: ColumnType, tries: boolean): string {
  return tries ? `try_cast to ${to}` : `cast to ${to}`
}

const MAX_I64 = 2n ** 63n - 1n
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
])
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, false] as const),
])

function parseNumber(text: string): number | null {
  const trimmed = text.trim()
  if (NUMBER.test(trimmed)) return Number(trimmed)
  return SPECIAL_NUMBERS.get(trimmed.toLowerCase()) ?? null
}

/** Longest text of an integer: more digits than any i64 has would only cost time. */
const INTEGER = /^[+-]?0*\d{1,19}$/

function parseInteger(text: string): bigint | null {
  const trimmed = text.trim()
  return INTEGER.test(trimmed) ? inRange(BigInt(trimmed.replace(/^\+/, ''))) : null
}

function inRange(value: bigint): bigint | null {
  return value > MAX_I64 || value < -MAX_I64 - 1n ? null : value
}

/** The nearest whole number; of two equally near the even one. */
export function roundToEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1
  return rest < 0.5 ? floor : floor + 1
}

function wholeNumber(x: number): bigint | null {
  return Number.isFinite(x) ? inRange(BigInt(roundToEven(x))) : null
}

/** The shortest decimals that read back as the number; whole ones end in `.0`. */
export function printNumber(x: number): string {
  const text = Object.is(x, -0) ? '-0' : String(x)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** Conversions by the type that they give; what has none is `null`. */
const CONVERSIONS: Readonly<Record<ColumnType, readonly Overload[]>> = {
  f64: [
    { takes: ['i64'], gives: 'f64', evaluate: integersToDoubles },
    byValue(['bool'], 'f64', Number),
    byValue(['string'], 'f64', parseNumber),
  ],
  i64: [
    byValue(['f64'], 'i64', wholeNumber),
    byValue(['bool'], 'i64', BigInt),
    byValue(['string'], 'i64', parseInteger),
    {
      takes: ['time'],
      gives: 'i64',
      evaluate: ({ columns: [x] }) => (x?.type === 'time' ? { ...x, name: '', type: 'i64' } : impossible()),
    },
  ],
  bool: [
    byValue(['i64'], 'bool', (x) => x !== 0n),
    byValue(['f64'], 'bool', (x) => x !== 0),
    byValue(['string'], 'bool', (text) => TRUTHS.get(text.trim().toLowerCase()) ?? null),
  ],
  string: [
    byValue(['i64'], 'string', String),
    byValue(['f64'], 'string', printNumber),
    byValue(['bool'], 'string', String),
    byValue(['time'], 'string', printTimestamp),
  ],
  time: [
    byValue(['string'], 'time', (text) => parseTimestamp(text.trim()) ?? null),
    {
      takes: ['i64'],
      gives: 'time',
      evaluate: ({ columns: [x] }) => (x?.type === 'i64' ? { ...x, name: '', type: 'time' } : impossible()),
    },
  ],
}

function integersToDoubles({ columns: [x] }: Call): Column {
  if (x?.type !== 'i64') return impossible()
  return { name: '', type: 'f64', values: toDoubles(x.values), ...(x.validity && { validity: x.validity }) }
}

function impossible(): never {
  throw new Error('a conversion got a column of another type than it takes')
}

const TYPES = Object.keys(CONVERSIONS) as ColumnType[] // the keys of the record, by its type

/** CAST, an error where a value has no counterpart, and TRY_CAST, which then gives a missing value. */
export const CASTS: readonly ScalarFunction[] = TYPES.flatMap((to) => [
  {
    name: castName(to, false),
    signature: `cast(x as ${to})`,
    doc: `x as ${to}; an error where it cannot be`,
    overloads: CONVERSIONS[to].map((overload) => strict(overload, to)),
  },
  {
    name: castName(to, true),
    signature: `try_cast(x as ${to})`,
    doc: `x as ${to}, or NULL`,
    overloads: CONVERSIONS[to],
  },
])

/** The first row that had a value and has none now, or -1. */
function firstMissing(converted: Uint8Array, { rows, validity }: Call): number {
  for (let row = 0; row < rows; row++) if (!isValid(converted, row) && isValid(validity, row)) return row
  return -1
}

function strict(overload: Overload, to: ColumnType): Overload {
  const evaluate: Overload['evaluate'] = (call) => {
    const column = overload.evaluate(call)
    const failed = column.validity === undefined ? -1 : firstMissing(column.validity, call)
    if (failed < 0) return column
    const [from] = call.columns
    throw new TidemarkError(
      'query',
      `${from ? printLiteral(valueAt(from, failed)) : ''} cannot be converted to ${to}`,
      {
        hint: 'TRY_CAST gives NULL where a value cannot be converted.',
      },
    )
  }
  return { ...overload, evaluate }
}
