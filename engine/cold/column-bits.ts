import { type Column, isValid } from '../core/batch.ts'

/** Whether two columns have the same values in all rows, doubles by their bits. */
export function sameColumns(a: Column, b: Column, rows: number): boolean {
  if (a.type !== b.type || a.values.length !== rows || b.values.length !== rows) return false
  const same = comparison(a, b)
  for (let row = 0; row < rows; row++) {
    const isThere = isValid(a.validity, row)
    if (isThere !== isValid(b.validity, row) || (isThere && !same(row))) return false
  }
  return true
}

function comparison(a: Column, b: Column): (row: number) => boolean {
  if (a.type === 'string' && b.type === 'string') {
    return (row) => a.dictionary[a.values[row] as number] === b.dictionary[b.values[row] as number]
  }
  if (a.type !== 'f64' || b.type !== 'f64') return (row) => a.values[row] === b.values[row]
  const [x, y] = [bitsOf(a.values), bitsOf(b.values)]
  return (row) => x[row] === y[row]
}

function bitsOf(values: Float64Array): BigInt64Array {
  return new BigInt64Array(values.buffer, values.byteOffset, values.length)
}
