import type { Column } from '../../engine/core/batch.ts'
import type { DenseModel } from '../../engine/kernel/dense-models.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import type { Kernel } from '../../engine/kernel/kernel.ts'
import { f64, generator, i64, normal, sparse, uniform } from './block-shapes.ts'

export interface ModelledBlock {
  headers: Uint8Array
  payload: Uint8Array
}

function walk(seed: number, rows: number, step: number): number[] {
  const next = generator(seed)
  let state = 50
  return Array.from({ length: rows }, () => {
    state = Math.min(100, Math.max(0, state + step * normal(next)))
    return state
  })
}

const walked = (value: number): bigint => BigInt(Math.trunc(value))

function cut<T>(values: readonly T[], rows: number, of: (part: readonly T[]) => Column): Column[] {
  return Array.from({ length: Math.ceil(values.length / rows) }, (_, i) => of(values.slice(i * rows, (i + 1) * rows)))
}

/** Columns that share a model, by what they are like. */
export function denseShapes(): [string, Column[]][] {
  const next = generator(3)
  const each = <T>(rows: number, of: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => of(row))
  const integers = walk(1, 3000, 1).map(walked)
  const wide = (): bigint => BigInt.asIntN(64, (BigInt(next()) << 20n) ^ BigInt(next()))
  let rising = 0n
  return [
    ['i64 walk', cut(integers, 1024, i64)],
    ['i64 walk in blocks of 1 to 40 rows', each(40, (row) => i64(integers.slice(row * 40, row * 41 + 1)))],
    [
      'i64 levels that change from block to block',
      each(6, (row) => i64(integers.slice(0, 500).map((v) => v + BigInt(row) * 10n ** 15n))),
    ],
    [
      'i64 few values',
      cut(
        each(2000, () => [3n, 9000n, -77_777n][next() % 3] ?? 0n),
        1024,
        i64,
      ),
    ],
    [
      'i64 multiples',
      cut(
        each(1500, () => BigInt(next() % 5000) * 10_000n + 7n),
        1024,
        i64,
      ),
    ],
    [
      'i64 accelerating',
      cut(
        each(1024, (row) => BigInt(row * row * 3 + (next() % 4))),
        512,
        i64,
      ),
    ],
    [
      'i64 counter',
      cut(
        each(2100, () => (rising += BigInt(next() % 1000))),
        1024,
        i64,
      ),
    ],
    ['i64 wide', cut(each(1100, wide), 1024, i64)],
    [
      'i64 wide counter',
      cut(
        each(1100, () => (rising += BigInt(next()) * 1000n)),
        1024,
        i64,
      ),
    ],
    [
      'i64 wide accelerating',
      cut(
        each(1024, (row) => BigInt(row) ** 2n * 10n ** 9n + BigInt(next() % 9)),
        1024,
        i64,
      ),
    ],
    ['i64 one value', [i64(each(200, () => 5n))]],
    ['i64 sparse', cut(integers, 1024, (part) => sparse(i64(part), (row) => row % 3 === 1))],
    [
      'f64 decimals',
      cut(
        walk(2, 2500, 1).map((v) => Math.round(v * 100) / 100),
        1024,
        f64,
      ),
    ],
    [
      'f64 decimals with exceptions',
      cut(
        walk(4, 2048, 1).map((v, i) => (i % 50 === 7 ? Number.NaN : Math.round(v * 10) / 10)),
        1024,
        f64,
      ),
    ],
    [
      'f64 decimals through float32, written with six decimals',
      cut(
        walk(5, 1500, 1).map((v) => Number(Math.fround(Math.round(v * 1000) / 100).toFixed(6))),
        1024,
        f64,
      ),
    ],
    [
      'f64 decimals through float32',
      cut(
        walk(6, 1100, 1).map((v) => Math.fround(Math.round(v * 100 - 4000) / 100 + 0)),
        1024,
        f64,
      ),
    ],
    [
      'f64 days of hours',
      cut(
        walk(7, 2048, 0.2).map(
          (v, hour) => Math.round(10 * v + (hour % 24 > 7 && hour % 24 < 19 ? 150 : 9 * ((hour % 24) % 5))) / 10,
        ),
        1024,
        f64,
      ),
    ],
    [
      'i64 weeks of days, in blocks of 50 to 90 rows',
      each(8, (row) =>
        i64(each(50 + 5 * row, (day) => BigInt([40, 41, 39, 44, 60, 90, 75][day % 7] ?? 0) + BigInt(day))),
      ),
    ],
    [
      'i64 days of minutes that wander',
      cut(
        walk(8, 3000, 1).map((v, row) =>
          BigInt(Math.round(3 * v + 400 * Math.sin(((row % 120) ** 2 * Math.PI) / 119)) * 1000),
        ),
        1000,
        i64,
      ),
    ],
    ['i64 long walk', cut(walk(9, 12_100, 1).map(walked), 1024, i64)],
    ['i64 long walk in blocks of 1 to 120 rows', each(120, (row) => i64(walk(row, row + 1, 1).map(walked)))],
    [
      'f64 long walk with jumps',
      cut(
        walk(10, 12_019, 1).map((v, i) => (Math.round(v * 100) + (i % 1500 === 700 ? 123_456 : 0)) / 100),
        1024,
        f64,
      ),
    ],
    [
      'f64 long walk of two decimals',
      cut(
        walk(11, 12_013, 1).map((v) => Math.round(v * 100) / 100),
        1024,
        f64,
      ),
    ],
    [
      'i64 long row of numbers below 1000',
      cut(
        each(10_000, () => BigInt(next() % 1000)),
        999,
        i64,
      ),
    ],
    [
      'i64 numbers below 1000 in blocks of 1 to 120 rows',
      each(120, (row) => i64(each(row + 1, () => BigInt(next() % 1000)))),
    ],
    ['i64 long row of ones and twos', each(12, () => i64(each(1000, () => BigInt(1 + (next() % 2)))))],
    [
      'i64 long row that accelerates',
      each(12, (row) => i64(each(1021, (i) => BigInt((i - 500) * i * (row + 1) + (next() % 10))))),
    ],
    [
      'f64 long days of hours',
      cut(
        walk(12, 9000, 0.2).map((v, hour) => Math.round(10 * v + 900 * ((hour % 24) % 7) + (next() % 64)) / 10),
        1024,
        f64,
      ),
    ],
    [
      'f64 noise',
      cut(
        each(2048, () => uniform(next)),
        1024,
        f64,
      ),
    ],
  ]
}

/** Encodes columns of one family twice, plain and with a model that they share; `undefined` where none fits. */
export function encodeShared(
  kernel: Kernel,
  columns: readonly Column[],
): { model: DenseModel; blocks: ModelledBlock[]; fast: ModelledBlock[] } | undefined {
  const fast = columns.map((column) => {
    const headers = new Uint8Array(HEADER_BYTES)
    return { headers, payload: kernel.encode(column, 0, column.values.length, headers, 0) }
  })
  const dense = kernel.dense.encode(fast.map((block) => ({ ...block, headerAt: 0 })))
  return dense && { ...dense, fast }
}
