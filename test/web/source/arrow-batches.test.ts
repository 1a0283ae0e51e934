import { tableFromArrays, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Batch, valueAt } from '../../../engine/core/batch.ts'
import { TidemarkError } from '../../../engine/core/errors.ts'
import type { QueryResult } from '../../../engine/engine.ts'
import { arrowFrames } from '../../../engine/ingest/arrow-frames.ts'
import { toArrowStream } from '../../../engine/query/formats/arrow.ts'
import { readArrowResult } from '../../../web/source/arrow-batches.ts'

const isTag = (name: string): boolean => name === 'host'

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function readRows(result: QueryResult): Promise<unknown[][]> {
  const rows: unknown[][] = []
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) rows.push(batch.columns.map((column) => valueAt(column, row)))
  }
  return rows
}

/** Three batches whose dictionaries differ, with holes, as the engine answers. */
const BATCHES: readonly Batch[] = [0, 1, 2].map((n) => ({
  rows: 3,
  columns: [
    { name: 'time', type: 'time', values: BigInt64Array.of(1n, 2n, 1_700_000_000_123_456_789n + BigInt(n)) },
    { name: 'host', type: 'string', values: Uint32Array.of(0, 1, 0), dictionary: [`a${n}`, 'ü'] },
    {
      name: 'note',
      type: 'string',
      values: Uint32Array.of(0, 0, 0),
      dictionary: ['x'],
      validity: Uint8Array.of(0b101),
    },
    { name: 'value', type: 'f64', unit: '%', values: Float64Array.of(1.5, 0, -0), validity: Uint8Array.of(0b101) },
    { name: 'count', type: 'i64', values: BigInt64Array.of(2n ** 63n - 1n, -1n, BigInt(n)) },
    { name: 'up', type: 'bool', values: Uint8Array.of(1, 0, 1) },
  ],
}))

async function engineStream(): Promise<Uint8Array> {
  const columns = BATCHES[0]?.columns.map(({ name, type, unit }) => ({ name, type, ...(unit && { unit }) })) ?? []
  async function* batches(): AsyncGenerator<Batch> {
    yield* BATCHES
  }
  const parts: Uint8Array[] = []
  for await (const part of toArrowStream({ columns, keys: ['time', 'host'], batches: batches() })) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

describe('an Arrow stream of the engine', () => {
  test('reads back as the same columns and values, in pieces of any size', async () => {
    const bytes = await engineStream()
    const expected = BATCHES.flatMap(({ rows, columns }) =>
      Array.from({ length: rows }, (_, row) => columns.map((column) => valueAt(column, row))),
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (pieceBytes) => {
        const result = await readArrowResult(inPieces(bytes, pieceBytes), isTag)
        expect(result.columns.map(({ name, type }) => `${name} ${type}`).join()).toBe(
          'time time,host string,note string,value f64,count i64,up bool',
        )
        expect(result.columns[3]?.unit).toBe('%')
        expect(result.keys).toEqual(['time', 'host'])
        expect(await readRows(result)).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })

  test('cut anywhere is truncated, or ends after whole messages', async () => {
    const bytes = await engineStream()
    const whole = BATCHES.length * 3
    for (let end = 0; end < bytes.length; end++) {
      try {
        const rows = await readRows(await readArrowResult(inPieces(bytes.subarray(0, end), 4096), isTag))
        expect(rows.length % 3).toBe(0)
        expect(rows.length).toBeLessThanOrEqual(whole)
      } catch (error) {
        expect(error, `cut at ${end}`).toBeInstanceOf(TidemarkError)
      }
    }
  })

  test('with any bit of its frames flipped is read or refused, without another error and without waiting', async () => {
    const bytes = await engineStream()
    for (let bit = 0; bit < Math.min(bytes.length, 1024) * 8; bit += 7) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      try {
        for await (const { bytes: message } of arrowFrames(inPieces(damaged, 4096)))
          expect(message.length).toBeGreaterThan(8)
      } catch (error) {
        expect(error, `bit ${bit}`).toBeInstanceOf(TidemarkError)
      }
    }
  })
})

test("frames of another writer's stream are split where it put them", async () => {
  const table = tableFromArrays({ value: Float64Array.of(1, 2, 3), name: ['a', 'b', 'a'] })
  const bytes = tableToIPC(table, 'stream')
  const kinds: string[] = []
  for await (const { kind } of arrowFrames(inPieces(bytes, 5))) kinds.push(kind)
  expect(kinds).toEqual(['schema', 'dictionary', 'record-batch'])
})

test('what does not begin as Arrow is corrupt', async () => {
  const html = new TextEncoder().encode('<!doctype html><title>Not Arrow</title>')
  await expect(readArrowResult(inPieces(html, 7), isTag)).rejects.toMatchObject({ kind: 'corrupt' })
})
