import type { Column } from '../../engine/core/batch.ts'
import { emptyValidity, setValid } from '../../engine/core/batch.ts'

/** A small generator of 32-bit numbers (mulberry32), so that shapes are the same everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** Uniform in [0, 1) with 53 bits. */
export function uniform(next: () => number): number {
  return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992
}

export function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(next))) * Math.cos(2 * Math.PI * uniform(next))
}

export function f64(values: Iterable<number>): Column {
  return { name: 'v', type: 'f64', values: Float64Array.from(values) }
}

export function i64(values: Iterable<bigint>): Column {
  return { name: 'v', type: 'i64', values: BigInt64Array.from(values) }
}

export function time(values: Iterable<bigint>): Column {
  return { name: 'v', type: 'time', values: BigInt64Array.from(values) }
}

export function bool(values: Iterable<number>): Column {
  return { name: 'v', type: 'bool', values: Uint8Array.from(values) }
}

export function strings(texts: readonly string[]): Column {
  const dictionary = [...new Set(texts)]
  return { name: 'v', type: 'string', values: Uint32Array.from(texts, (text) => dictionary.indexOf(text)), dictionary }
}

/** The column with the rows missing for which `isMissing`. */
export function sparse(column: Column, isMissing: (row: number) => boolean): Column {
  const rows = column.values.length
  const validity = emptyValidity(rows)
  for (let row = 0; row < rows; row++) if (!isMissing(row)) setValid(validity, row)
  return { ...column, validity }
}

/** NaNs with payloads, which only the bits tell apart. */
function oddFloats(): Column {
  const bits = [0x7ff8000000000000n, 0x7ff0000000000001n, -0x8000000000000000n, 0xfff8123456789abcn, 0n, 1n]
  const values = new Float64Array(1024)
  const view = new BigInt64Array(values.buffer)
  for (let row = 0; row < 1024; row++) view[row] = BigInt.asIntN(64, bits[row % bits.length] ?? 0n)
  return { name: 'v', type: 'f64', values }
}

function walk(seed: number, rows: number, low: number, high: number): number[] {
  const next = generator(seed)
  let state = (low + high) / 2
  return Array.from({ length: rows }, () => {
    state = Math.min(high, Math.max(low, state + normal(next)))
    return state
  })
}

const START = 1_767_225_600_000_000_000n

/** Columns of 1 to 1024 rows by what they are like. */
export function namedShapes(): [string, Column][] {
  const next = generator(7)
  const each = <T>(rows: number, of: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => of(row))
  const random64 = (): bigint => (BigInt(next()) << 32n) | BigInt(next())
  const cpu = walk(1, 1024, 0, 100).map(Math.trunc)
  let counter = 0n
  return [
    ['f64 constant', f64(each(1024, () => 42.5))],
    ['f64 one row', f64([Math.PI])],
    ['f64 two rows', f64([1, 2])],
    ['f64 cpu walk of integers', f64(cpu)],
    ['f64 cpu walk, 448 rows', f64(cpu.slice(0, 448))],
    ['f64 1023 rows', f64(cpu.slice(0, 1023))],
    ['f64 decimals of 2 digits', f64(walk(2, 1024, -50, 50).map((v) => Math.round(v * 100) / 100))],
    ['f64 decimals with outliers', f64(each(1024, (row) => (row % 97 === 5 ? 1e300 : row / 10)))],
    ['f64 full precision noise', f64(each(1024, () => uniform(next)))],
    ['f64 normal noise', f64(each(1024, () => normal(next)))],
    ['f64 full precision walk', f64(walk(3, 1000, -1e3, 1e3))],
    ['f64 alternating NaN', f64(each(1024, (row) => (row % 2 === 0 ? Number.NaN : row)))],
    ['f64 negative zeros', f64(each(1024, (row) => (row % 3 === 0 ? -0 : 0)))],
    ['f64 infinities', f64(each(100, (row) => [Infinity, -Infinity, 0.1][row % 3] ?? 0))],
    ['f64 all NaN', f64(each(50, () => Number.NaN))],
    ['f64 NaN payloads', oddFloats()],
    ['f64 random bits', f64(new Float64Array(BigInt64Array.from(each(1024, random64)).buffer))],
    ['f64 large integers', f64(each(777, (row) => 2 ** 50 + row * 12345))],
    ['f64 sparse', sparse(f64(cpu), (row) => row % 7 === 0)],
    ['f64 leading missing', sparse(f64(cpu), (row) => row < 300)],
    ['f64 all missing', sparse(f64(cpu), () => true)],
    ['i64 constant', i64(each(1024, () => -5n))],
    ['i64 counter', i64(each(1024, () => (counter += BigInt(next() % 1000))))],
    [
      'i64 counter with reset',
      i64(each(1024, (row) => BigInt(row < 600 ? 1e9 + row * 1000 + (next() % 50) : row * 1000))),
    ],
    ['i64 walk', i64(cpu.map(BigInt))],
    ['i64 spikes', i64(each(1024, (row) => (row % 200 === 3 ? 10n ** 15n : BigInt(next() % 16))))],
    ['i64 large steps', i64(each(1024, (row) => BigInt(row) * 10n ** 10n + BigInt(next() % 1000)))],
    ['i64 random', i64(each(1024, () => BigInt.asIntN(64, random64())))],
    ['i64 ends of the range', i64(each(1024, (row) => (row % 2 === 0 ? 2n ** 63n - 1n : -(2n ** 63n))))],
    ['i64 long runs', i64(each(1024, (row) => BigInt(Math.floor(row / 100)) * 10n ** 14n))],
    ['i64 falling line', i64(each(1024, (row) => 10n ** 18n - BigInt(row) * 10n ** 15n))],
    ['i64 bytes', i64(each(1024, () => BigInt(next() % 200) - 100n))],
    ['i64 bytes with a few rare ones', i64(each(1000, (row) => (row % 90 === 7 ? 250n : BigInt(next() % 12))))],
    [
      'i64 byte steps with jumps',
      i64(each(900, (row) => BigInt((row * 3 + (row % 100 === 9 ? 77 : next() % 3)) % 251))),
    ],
    ['i64 shorts', i64(each(1024, () => 10n ** 12n + BigInt(next() % 50_000)))],
    ['i64 shorts with a few rare ones', i64(each(1023, (row) => (row % 80 === 7 ? 60_000n : BigInt(next() % 30))))],
    ['i64 short steps', i64(each(1024, (row) => BigInt(row * 50 + (next() % 40))))],
    [
      'i64 short steps with jumps',
      i64(each(1024, (row) => BigInt((row * 5 + (row % 128 === 11 ? 20_000 : next() % 4)) % 65_521))),
    ],
    ['i64 sparse', sparse(i64(cpu.map(BigInt)), (row) => row % 5 !== 0)],
    ['time constant interval', time(each(1024, (row) => START + BigInt(row) * 10_000_000_000n))],
    ['time one row', time([START])],
    [
      'time with millisecond jitter',
      time(each(1024, (row) => START + BigInt(row * 1000 + (next() % 20)) * 1_000_000n)),
    ],
    [
      'time with nanosecond jitter',
      time(each(1024, (row) => START + BigInt(row) * 1_000_000_000n + BigInt(next() % 5000))),
    ],
    ['time accelerating', time(each(1024, (row) => START + BigInt(row * row) * 1_000_000n))],
    ['time with a gap', time(each(1024, (row) => START + BigInt(row < 500 ? row : row + 100000) * 1_000_000_000n))],
    ['time ends of the range', time([-(2n ** 63n), 0n, 2n ** 63n - 1n])],
    ['bool mixed', bool(each(1024, () => next() & 1))],
    ['bool constant', bool(each(1024, () => 1))],
    ['bool runs', bool(each(1000, (row) => Math.floor(row / 90) & 1))],
    ['bool sparse', sparse(bool(each(1024, () => next() & 1)), (row) => row % 2 === 0)],
    ['string constant', strings(each(1024, () => 'up'))],
    ['string few', strings(each(1024, () => ['up', 'down', 'ünknown', ''][next() % 4] ?? ''))],
    ['string all different', strings(each(1024, (row) => `value ${row} ${'x'.repeat(row % 60)}`))],
    ['string sparse', sparse(strings(each(500, (row) => `s${row % 3}`)), (row) => row % 4 === 0)],
    ['string all missing', sparse(strings(each(9, () => 'a')), () => true)],
  ]
}
