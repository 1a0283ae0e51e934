import { beforeAll, describe, expect, test } from 'vitest'
import { type Codecs, loadCodecs, loadWasmZstd } from '../../engine/cold/codecs.ts'
import { ROW_GROUP_ROWS } from '../../engine/cold/file-index.ts'
import { type Column, isValid } from '../../engine/core/batch.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import {
  CountedObjects,
  DAY,
  DAY_START,
  FIELDS,
  openDay,
  type PlainSeries,
  plainDay,
  writeDay,
} from '../support/cold-day.ts'

let kernel: Kernel

beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const ALL = { start: -(2n ** 62n), end: 2n ** 62n }

/** A value by its bits. */
function bits(column: Column, row: number): unknown {
  if (!isValid(column.validity, row)) return null
  if (column.type === 'f64') return new BigInt64Array(column.values.slice(row, row + 1).buffer)[0]
  if (column.type === 'string') return column.dictionary[column.values[row] ?? 0]
  return column.type === 'bool' ? column.values[row] === 1 : column.values[row]
}

function plainBits(value: unknown): unknown {
  return typeof value === 'number' ? new BigInt64Array(Float64Array.of(value).buffer)[0] : value
}

async function expectSame(days: readonly PlainSeries[], codecs?: Codecs): Promise<void> {
  const { written, info } = await writeDay(days, kernel, codecs)
  const objects = new CountedObjects()
  objects.objects.set(info.key, written.bytes)
  const file = await openDay(days, info, { objects, kernel })
  const groups = await file.groups(days.keys(), Object.keys(FIELDS), ALL)
  for (const [ref, { times, fields }] of days.entries()) {
    const own = groups.get(ref) ?? []
    expect(own.flatMap((group) => [...group.time.values])).toEqual(times)
    expect(own.every(({ rows }) => rows <= 1024)).toBe(true)
    for (const [name, values] of Object.entries(fields)) {
      const read = own.flatMap((group) => {
        const column = group.field(name)
        return Array.from({ length: group.rows }, (_, row) => (column ? bits(column, row) : null))
      })
      expect(read, name).toEqual(values.map(plainBits))
    }
  }
}

describe('a day of a table as Parquet', () => {
  test('comes back with every bit: NaN payloads, -0, ends of integers, texts with a BOM, missing values', async () => {
    await expectSame(plainDay(5, 3000))
  })

  test('of one row, and of series that fill a row group exactly', async () => {
    await expectSame(plainDay(1, 1))
    await expectSame(plainDay(2, ROW_GROUP_ROWS))
  })

  test('of a series that takes several row groups', async () => {
    await expectSame(plainDay(2, ROW_GROUP_ROWS + 1))
  })

  test('with Snappy where there is no Zstandard, and with Zstandard in WebAssembly', async () => {
    const codecs = await loadCodecs()
    expect(codecs.write).toBe('ZSTD')
    await expectSame(plainDay(3, 500), { write: 'SNAPPY', compressors: {}, decompressors: codecs.decompressors })
    const wasm = await loadWasmZstd()
    const days = plainDay(3, 500)
    await expectSame(days, {
      write: 'ZSTD',
      compressors: { ZSTD: wasm.compress },
      decompressors: { ZSTD: wasm.decompress },
    })
    const bytes = new TextEncoder().encode('tide '.repeat(1000))
    const own = codecs.compressors.ZSTD?.(bytes) ?? new Uint8Array()
    expect(wasm.decompress(own, bytes.length)).toEqual(bytes)
    expect(new Uint8Array(codecs.decompressors.ZSTD(wasm.compress(bytes), bytes.length))).toEqual(bytes)
  })

  test('says in its name and description what it is', async () => {
    const { info } = await writeDay(plainDay(4, 100), kernel)
    expect(info.key).toMatch(/^table=cpu\/day=2024-10-04\/[0-9a-f]{64}\.parquet$/)
    expect(info).toMatchObject({
      day: DAY,
      rows: 400,
      series: 4,
      minTime: DAY_START,
      maxTime: DAY_START + 990_000_003n,
    })
  })
})

describe('reading a cold file', () => {
  test('takes three requests for a column range: the index, and at most two for the bytes', async () => {
    const days = plainDay(40, 8640)
    const { written, info } = await writeDay(days, kernel)
    const objects = new CountedObjects()
    objects.objects.set(info.key, written.bytes)
    const file = await openDay(days, info, { objects, kernel })
    expect(objects.traffic.requests).toBe(1)
    const range = { start: DAY_START + 20_000_000_000n, end: DAY_START + 30_000_000_000n }
    const groups = await file.groups([20], ['level'], range)
    expect(groups.get(20)?.length).toBeGreaterThan(0)
    expect(objects.traffic.requests).toBeLessThanOrEqual(3)
    expect(objects.traffic.receivedBytes).toBeLessThan(written.bytes.length / 4)
  })

  test('asks for nothing again that the cache still has, and again for what it has not', async () => {
    const days = plainDay(4, 2000)
    const { written, info } = await writeDay(days, kernel)
    const objects = new CountedObjects()
    objects.objects.set(info.key, written.bytes)
    const file = await openDay(days, info, { objects, kernel })
    await file.groups([0, 1], ['level', 'count'], ALL)
    const { requests } = objects.traffic
    await file.groups([0, 1, 2], ['count'], ALL)
    expect(objects.traffic.requests).toBe(requests)
    await file.groups([0], ['full'], ALL)
    expect(objects.traffic.requests).toBe(requests + 1)
  })

  test('asks for nothing where no series has rows in the range', async () => {
    const days = plainDay(4, 2000)
    const { written, info } = await writeDay(days, kernel)
    const objects = new CountedObjects()
    objects.objects.set(info.key, written.bytes)
    const file = await openDay(days, info, { objects, kernel })
    const { requests } = objects.traffic
    expect([...(await file.groups([0, 9], ['level'], { start: 0n, end: DAY_START })).keys()]).toEqual([])
    expect(objects.traffic.requests).toBe(requests)
  })

  test('any flipped bit of the index and any cut is an error', async () => {
    const days = plainDay(2, 40)
    const { written, info } = await writeDay(days, kernel)
    const objects = new CountedObjects()
    for (let bit = 8 * info.indexStart; bit < 8 * (info.indexStart + info.indexBytes); bit++) {
      const bytes = written.bytes.slice()
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      objects.objects.set(info.key, bytes)
      await expect(openDay(days, info, { objects, kernel })).rejects.toMatchObject({ kind: 'corrupt' })
    }
    objects.objects.delete(info.key)
    await expect(openDay(days, info, { objects, kernel })).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('missing'),
    })
  })

  test('any damaged byte of the chunks that are read is an error, of others nothing', async () => {
    const days = plainDay(2, 40)
    const { written, info } = await writeDay(days, kernel)
    const objects = new CountedObjects()
    objects.objects.set(info.key, written.bytes)
    const whole = await (await openDay(days, info, { objects, kernel })).groups([0, 1], ['level'], ALL)
    let errors = 0
    for (let at = 4; at < info.indexStart; at++) {
      const bytes = written.bytes.slice()
      bytes[at] = (bytes[at] ?? 0) ^ 0x10
      objects.objects.set(info.key, bytes)
      const file = await openDay(days, info, { objects, kernel })
      try {
        const read = await file.groups([0, 1], ['level'], ALL)
        expect(read.get(1)?.[0]?.field('level')).toEqual(whole.get(1)?.[0]?.field('level'))
      } catch (error) {
        expect(error).toMatchObject({ kind: 'corrupt' })
        errors++
      }
    }
    expect(errors).toBeGreaterThan(100)
    expect(errors).toBeLessThan(info.indexStart / 2)
  })
})
