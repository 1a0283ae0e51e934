import { type Column, type ColumnType, isValid, valueAt } from '../core/batch.ts'
import { byValue, ValueColumn } from './by-value.ts'
import { compareValues } from './compare-values.ts'
import type { Call, Overload, ScalarFunction } from './scalar-function.ts'

const TYPES: readonly ColumnType[] = ['f64', 'i64', 'bool', 'string', 'time']

/** An overload for each type, whose arguments all have it. */
function ofEachType(
  count: number,
  gives: ColumnType | 'same',
  evaluate: (call: Call, type: ColumnType) => Column,
): Overload[] {
  return TYPES.map((type) => ({
    takes: Array.from({ length: count }, () => type),
    gives: gives === 'same' ? type : gives,
    evaluate: (call) => evaluate(call, type),
  }))
}

function truths(rows: number, test: (row: number) => boolean): Column {
  const values = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) values[row] = test(row) ? 1 : 0
  return { name: '', type: 'bool', values }
}

function isTruth(wanted: 0 | 1): Overload {
  return {
    takes: ['bool'],
    gives: 'bool',
    evaluate: ({ columns: [x], rows }) => truths(rows, (row) => isValid(x?.validity, row) && x?.values[row] === wanted),
  }
}

/** Two missing values are not distinct; NaN is not from NaN. */
function isDistinct({ columns: [a, b], rows }: Call): Column {
  if (a === undefined || b === undefined) throw new Error('IS DISTINCT FROM has two arguments')
  return truths(rows, (row) => {
    const [x, y] = [valueAt(a, row), valueAt(b, row)]
    return x === null || y === null ? x !== y : compareValues(x, y) !== 0
  })
}

function nullIf({ columns: [a, b], rows }: Call, type: ColumnType): Column {
  if (a === undefined || b === undefined) throw new Error('nullif has two arguments')
  const out = new ValueColumn(type, rows)
  for (let row = 0; row < rows; row++) {
    const [x, y] = [valueAt(a, row), valueAt(b, row)]
    if (x === null || y === null || compareValues(x, y) !== 0) out.put(row, x)
  }
  return out.finish()
}

/** The extreme of the arguments that are there. */
function extreme(sign: 1 | -1): Overload[] {
  return ofEachType(1, 'same', ({ columns, rows }, type) => {
    const out = new ValueColumn(type, rows)
    for (let row = 0; row < rows; row++) {
      let best = null
      for (const column of columns) {
        const value = valueAt(column, row)
        if (value !== null && (best === null || compareValues(value, best) * sign > 0)) best = value
      }
      out.put(row, best)
    }
    return out.finish()
  }).map((overload) => ({ ...overload, variadic: true }))
}

/** OPC's classes of quality: the two upper bits of the low byte. */
const QUALITY_MASK = 0xc0n

function hasQuality(wanted: bigint): Overload {
  return byValue(['i64'], 'bool', (quality) => (quality & QUALITY_MASK) === wanted)
}

/** Values of `quality`, as OPC numbers them. */
export const QUALITIES: ReadonlyMap<string, bigint> = new Map([
  ['good', 192n],
  ['uncertain', 64n],
  ['bad', 0n],
])

export const LOGIC: readonly ScalarFunction[] = [
  { name: 'is true', signature: 'x IS TRUE', doc: 'true where x is', overloads: [isTruth(1)], takesMissing: true },
  {
    name: 'is false',
    signature: 'x IS FALSE',
    doc: 'true where x is false',
    overloads: [isTruth(0)],
    takesMissing: true,
  },
  ...[...QUALITIES].map(
    ([name, value]): ScalarFunction => ({
      name: `is ${name}`,
      signature: `quality IS ${name.toUpperCase()}`,
      doc: `whether a quality is of the class ${name}`,
      overloads: [hasQuality(value)],
    }),
  ),
  {
    name: 'is distinct from',
    signature: 'a IS DISTINCT FROM b',
    doc: 'a != b, where NULL is a value like others',
    overloads: ofEachType(2, 'bool', isDistinct),
    takesMissing: true,
  },
  {
    name: 'nullif',
    signature: 'nullif(a, b)',
    doc: 'a, or NULL where it equals b',
    overloads: ofEachType(2, 'same', nullIf),
    takesMissing: true,
    keepsUnit: true,
  },
  {
    name: 'greatest',
    signature: 'greatest(a, b, ...)',
    doc: 'the greatest argument that is there',
    overloads: extreme(1),
    takesMissing: true,
    keepsUnit: true,
  },
  {
    name: 'least',
    signature: 'least(a, b, ...)',
    doc: 'the least argument that is there',
    overloads: extreme(-1),
    takesMissing: true,
    keepsUnit: true,
  },
]
