import { type Column, emptyValidity, setValid } from './batch.ts'
import type { Literal } from './expression.ts'

/** A column of literals of one type; null is missing. */
export function literalsColumn(name: string, type: Column['type'], literals: readonly Literal[]): Column {
  const column = plainColumn(name, type, literals)
  if (!literals.includes(null)) return column
  const validity = emptyValidity(literals.length)
  literals.forEach((value, row) => {
    if (value !== null) setValid(validity, row)
  })
  return { ...column, validity }
}

function plainColumn(name: string, type: Column['type'], literals: readonly Literal[]): Column {
  if (type === 'string') return textColumn(name, literals)
  if (type === 'f64') return { name, type, values: filled(new Float64Array(literals.length), literals, Number) }
  if (type === 'bool') return { name, type, values: filled(new Uint8Array(literals.length), literals, oneIfTrue) }
  const values = new BigInt64Array(literals.length)
  for (let row = 0; row < values.length; row++) {
    const value = literals[row]
    if (typeof value === 'bigint') values[row] = value
  }
  return { name, type, values }
}

/** `from` with a function takes several times as long. */
function filled<T extends Float64Array | Uint8Array>(
  values: T,
  literals: readonly Literal[],
  toNumber: (value: Literal) => number,
): T {
  for (let row = 0; row < values.length; row++) values[row] = toNumber(literals[row] ?? null)
  return values
}

function oneIfTrue(value: Literal): number {
  return value === true ? 1 : 0
}

function textColumn(name: string, literals: readonly Literal[]): Column {
  const dictionary: string[] = []
  const codes = new Map<string, number>()
  const values = new Uint32Array(literals.length)
  for (let row = 0; row < values.length; row++) {
    const text = literals[row]
    if (typeof text !== 'string') continue
    const code = codes.get(text) ?? dictionary.push(text) - 1
    if (code === codes.size) codes.set(text, code)
    values[row] = code
  }
  return { name, type: 'string', values, dictionary }
}
