import { afterEach, describe, expect, test } from 'vitest'
import type { ErrorKind } from '../../engine/core/errors.ts'
import { MAX_WAITING_BYTES } from '../../engine/storage/group-commit.ts'
import { type BlobWriter, MAX_RECORD_BYTES, PIECE_BYTES, type Store } from '../../engine/storage/store.ts'
import { patterned } from '../support/patterned.ts'

/** One place that stores can be opened in, again and again. */
export interface StorePlace {
  open(): Promise<Store>
  /** Removes the place. */
  remove(): Promise<void>
}

export async function replayed(store: Store): Promise<{ position: number; record: Uint8Array }[]> {
  const records: { position: number; record: Uint8Array }[] = []
  await store.log.replay((record, position) => {
    records.push({ position, record: record.slice() })
  })
  return records
}

/** What every store does alike. */
export function runStoreSuite(name: string, makePlace: () => Promise<StorePlace>): void {
  const places: StorePlace[] = []
  const stores: Store[] = []

  async function place(): Promise<{ open(): Promise<Store> }> {
    const made = await makePlace()
    places.push(made)
    return {
      open: async () => {
        const store = await made.open()
        stores.push(store)
        return store
      },
    }
  }

  async function fresh(): Promise<Store> {
    return (await place()).open()
  }

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    for (const made of places.splice(0)) await made.remove()
  })

  describe(`${name}: blobs`, () => {
    test.each([0, 1, 1000, 2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 2 ** 20, 2_621_441])(
      'keeps %i bytes as they were',
      async (length) => {
        const { open } = await place()
        const first = await open()
        const bytes = patterned(length, 1)
        await first.blobs.put('a', bytes)
        expect(same(await first.blobs.get('a'), bytes)).toBe(true)
        await first.close()
        const again = await open()
        expect(same(await again.blobs.get('a'), bytes)).toBe(true)
        expect(await again.blobs.list()).toEqual([{ name: 'a', bytes: length }])
      },
    )

    test('gives exactly the bytes of a range', async () => {
      const store = await fresh()
      const chunk = 2 ** 18
      const bytes = patterned(3 * chunk + 17, 2)
      await store.blobs.put('ranged', bytes)
      const bounds = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk, 3 * chunk + 16, bytes.byteLength]
      for (const start of bounds) {
        for (const end of bounds.filter((bound) => bound >= start)) {
          const range = await store.blobs.get('ranged', start, end)
          expect(same(range, bytes.subarray(start, end)), `[${start}, ${end})`).toBe(true)
        }
      }
      expect((await store.blobs.get('ranged', 3 * chunk)).byteLength).toBe(17)
    })

    test('stores only the part of a buffer that a view shows', async () => {
      const store = await fresh()
      const buffer = patterned(5000, 3)
      await store.blobs.put('view', buffer.subarray(100, 200))
      expect(await store.blobs.get('view')).toEqual(buffer.slice(100, 200))
    })

    test('hands out bytes that the caller may change', async () => {
      const store = await fresh()
      await store.blobs.put('a', new Uint8Array([1, 2, 3]))
      const got = await store.blobs.get('a')
      got.fill(9)
      expect(await store.blobs.get('a')).toEqual(new Uint8Array([1, 2, 3]))
    })

    test('keeps what was put when the caller changes its bytes afterwards', async () => {
      const store = await fresh()
      const bytes = new Uint8Array([1, 2, 3])
      await store.blobs.put('a', bytes)
      bytes.fill(9)
      expect(await store.blobs.get('a')).toEqual(new Uint8Array([1, 2, 3]))
    })

    test.each([
      [-1, 2, 'invalid'],
      [2, 1, 'invalid'],
      [0.5, 2, 'invalid'],
      [0, Number.NaN, 'invalid'],
      [0, 11, 'truncated'],
      [11, 12, 'truncated'],
    ] as const)('refuses the range [%d, %d) of ten bytes as %s', async (start, end, kind) => {
      const store = await fresh()
      await store.blobs.put('ten', patterned(10, 4))
      await expect(store.blobs.get('ten', start, end)).rejects.toMatchObject({ kind })
    })

    test('says that a missing blob is not found', async () => {
      const store = await fresh()
      await expect(store.blobs.get('missing')).rejects.toMatchObject({
        kind: 'io',
        message: expect.stringMatching(/missing.*not found/),
      })
    })

    test('takes names of 1 to 128 characters of its alphabet', async () => {
      const store = await fresh()
      const names = ['0', 'a.b_c-d', '_', '-', 'x'.repeat(128), 'a..b']
      for (const each of names) await store.blobs.put(each, new Uint8Array([1]))
      expect((await store.blobs.list()).map((blob) => blob.name)).toEqual([...names].sort())
    })

    test.each(['', '.', '..', '.a', 'A', 'ä', 'a/b', 'a\\b', '../a', 'a b', 'a\0', 'a\n', '~0', 'x'.repeat(129)])(
      'refuses the name %j',
      async (bad) => {
        const store = await fresh()
        const invalid = { kind: 'invalid' }
        await expect(store.blobs.put(bad, new Uint8Array(1))).rejects.toMatchObject(invalid)
        await expect(store.blobs.get(bad)).rejects.toMatchObject(invalid)
        await expect(store.blobs.delete(bad)).rejects.toMatchObject(invalid)
      },
    )

    test('overwrites whole, a longer blob by a shorter one too', async () => {
      const store = await fresh()
      await store.blobs.put('a', patterned(3_000_000, 5))
      await store.blobs.get('a', 0, 10)
      const shorter = patterned(100, 6)
      await store.blobs.put('a', shorter)
      expect(await store.blobs.get('a')).toEqual(shorter)
      await expect(store.blobs.get('a', 0, 101)).rejects.toMatchObject({ kind: 'truncated' })
      expect(await store.blobs.list()).toEqual([{ name: 'a', bytes: 100 }])
    })

    test('shows a reader one whole version while another is put over it', async () => {
      const store = await fresh()
      const versions = [patterned(1_500_000, 7), patterned(1_400_000, 8)] as const
      await store.blobs.put('a', versions[0])
      const writes = [1, 0, 1, 0].map((version) => store.blobs.put('a', versions[version === 1 ? 1 : 0]))
      for (let i = 0; i < 12; i++) {
        const got = await store.blobs.get('a')
        expect(versions.some((version) => same(got, version))).toBe(true)
      }
      await Promise.all(writes)
    })

    test('lists by name, and only what is there', async () => {
      const store = await fresh()
      expect(await store.blobs.list()).toEqual([])
      for (const each of ['b', 'a10', 'a2', 'c']) await store.blobs.put(each, patterned(each.length, 9))
      await store.blobs.delete('b')
      expect(await store.blobs.list()).toEqual([
        { name: 'a10', bytes: 3 },
        { name: 'a2', bytes: 2 },
        { name: 'c', bytes: 1 },
      ])
    })

    test('deletes for good, and without an error where there is nothing', async () => {
      const { open } = await place()
      const store = await open()
      await store.blobs.put('a', patterned(2_000_000, 10))
      await store.blobs.get('a', 5, 6)
      await store.blobs.delete('a')
      await store.blobs.delete('a')
      await expect(store.blobs.get('a')).rejects.toMatchObject({ kind: 'io' })
      await store.close()
      expect(await (await open()).blobs.list()).toEqual([])
    })

    test.each([[[]], [[0]], [[1]], [[PIECE_BYTES, 1]], [[PIECE_BYTES, 3 * PIECE_BYTES, PIECE_BYTES, 77]]])(
      'has a blob of pieces of %j bytes as they came, over one of its name, and nothing of it before its end',
      async (lengths) => {
        const { open } = await place()
        const first = await open()
        await first.blobs.put('a', patterned(600_000, 1))
        const bytes = patterned(
          lengths.reduce((sum, length) => sum + length, 0),
          2,
        )
        const blob = await first.blobs.begin()
        await writePieces(blob, bytes, lengths)
        expect(await first.blobs.list()).toEqual([{ name: 'a', bytes: 600_000 }])
        expect(same(await first.blobs.get('a'), patterned(600_000, 1))).toBe(true)
        await blob.finish('a')
        await blob.discard()
        expect(same(await first.blobs.get('a'), bytes)).toBe(true)
        await first.close()
        const again = await open()
        expect(same(await again.blobs.get('a'), bytes)).toBe(true)
        expect(await again.blobs.list()).toEqual([{ name: 'a', bytes: bytes.length }])
        const [start, end] = [bytes.length >> 1, bytes.length - (bytes.length >> 3)]
        expect(same(await again.blobs.get('a', start, end), bytes.subarray(start, end))).toBe(true)
        await again.blobs.put('a', patterned(5, 3))
        expect(await again.blobs.get('a')).toEqual(patterned(5, 3))
        await again.blobs.delete('a')
        expect(await again.blobs.list()).toEqual([])
      },
    )

    test('writes blobs of pieces side by side, and has nothing of those that are let go or never ended', async () => {
      const { open } = await place()
      const first = await open()
      const [a, b, c, d] = [patterned(700_000, 1), patterned(500_000, 2), patterned(900_000, 3), patterned(800_000, 4)]
      const begun = await Promise.all([a, b, c].map(() => first.blobs.begin()))
      await Promise.all(begun.map((blob, i) => blob.write(([a, b, c][i] as Uint8Array).subarray(0, PIECE_BYTES))))
      await begun[1]?.discard()
      await begun[1]?.discard()
      await begun[0]?.write(a.subarray(PIECE_BYTES))
      await begun[0]?.finish('a')
      await first.close()
      const again = await open()
      const later = await again.blobs.begin()
      await writePieces(later, d, [PIECE_BYTES, d.length - PIECE_BYTES])
      await later.finish('d')
      expect(same(await again.blobs.get('a'), a)).toBe(true)
      expect(same(await again.blobs.get('d'), d)).toBe(true)
      expect((await again.blobs.list()).map(({ name }) => name)).toEqual(['a', 'd'])
      expect((await again.estimate()).usage).toBeLessThan(a.length + d.length + 100_000)
    })

    test('refuses pieces of a blob that was begun before it closed', async () => {
      const store = await fresh()
      const blob = await store.blobs.begin()
      await store.close()
      await expect(blob.finish('a')).rejects.toMatchObject({ kind: 'closed' })
      await expect(store.blobs.begin()).rejects.toMatchObject({ kind: 'closed' })
    })

    test('serves more blobs at once than it keeps open', async () => {
      const store = await fresh()
      const count = 150
      for (let i = 0; i < count; i++) await store.blobs.put(`blob-${i}`, patterned(50, i))
      const got = await Promise.all(
        Array.from({ length: count * 2 }, (_, i) => store.blobs.get(`blob-${i % count}`, 10, 40)),
      )
      got.forEach((bytes, i) => {
        expect(bytes).toEqual(patterned(50, i % count).subarray(10, 40))
      })
    })
  })

  describe(`${name}: log`, () => {
    test('replays what was appended, in order, at its position', async () => {
      const { open } = await place()
      const store = await open()
      const records = [0, 1, 5000, 3, 70_000].map(patterned)
      const positions: number[] = []
      for (const record of records) positions.push(await store.log.append(record))
      expect(positions).toEqual([0, 1, 2, 3, 4])
      const expected = records.map((record, position) => ({ position, record }))
      expect(await replayed(store)).toEqual(expected)
      await store.close()
      const again = await open()
      expect(again.log.next).toBe(5)
      expect(await replayed(again)).toEqual(expected)
      expect(await again.log.append(new Uint8Array([1]))).toBe(5)
    })

    test('commits concurrent appends in call order', async () => {
      const { open } = await place()
      const store = await open()
      const order: number[] = []
      const appends = Array.from({ length: 500 }, (_, i) =>
        store.log.append(patterned(i % 37, i)).then((position) => {
          order.push(i)
          return position
        }),
      )
      expect(await Promise.all(appends)).toEqual(Array.from({ length: 500 }, (_, i) => i))
      expect(order).toEqual(Array.from({ length: 500 }, (_, i) => i))
      await store.close()
      const records = await replayed(await open())
      expect(records).toEqual(Array.from({ length: 500 }, (_, i) => ({ position: i, record: patterned(i % 37, i) })))
    })

    test('commits appends that come while another commits', async () => {
      const store = await fresh()
      const appends: Promise<number>[] = []
      for (let i = 0; i < 60; i++) {
        appends.push(store.log.append(patterned(20, i)))
        if (i % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
      }
      expect(await Promise.all(appends)).toEqual(Array.from({ length: 60 }, (_, i) => i))
    })

    test('stores only the part of a buffer that a view shows', async () => {
      const store = await fresh()
      const buffer = patterned(5000, 11)
      await store.log.append(buffer.subarray(100, 200))
      expect(await replayed(store)).toEqual([{ position: 0, record: buffer.slice(100, 200) }])
    })

    test('waits for each visit of a replay', async () => {
      const store = await fresh()
      for (let i = 0; i < 5; i++) await store.log.append(new Uint8Array([i]))
      const seen: number[] = []
      await store.log.replay(async (record) => {
        const [value = -1] = record
        seen.push(value)
        await new Promise((resolve) => setTimeout(resolve, 1))
        seen.push(value)
      })
      expect(seen).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    })

    test('ends a replay with the error of a visit', async () => {
      const store = await fresh()
      await store.log.append(new Uint8Array([1]))
      const replay = store.log.replay(() => Promise.reject(new Error('stop')))
      await expect(replay).rejects.toThrow('stop')
      expect(await store.log.append(new Uint8Array([2]))).toBe(1)
    })

    test('forgets nothing from the position of a truncation on', async () => {
      const { open } = await place()
      const store = await open()
      for (let i = 0; i < 20; i++) await store.log.append(patterned(100, i))
      await store.log.truncate(13)
      for (let i = 20; i < 25; i++) await store.log.append(patterned(100, i))
      await store.close()
      const records = (await replayed(await open())).filter(({ position }) => position >= 13)
      expect(records).toEqual(
        Array.from({ length: 12 }, (_, i) => ({ position: 13 + i, record: patterned(100, 13 + i) })),
      )
    })

    test('forgets all when truncated at its end, and counts on', async () => {
      const { open } = await place()
      const store = await open()
      for (let i = 0; i < 20; i++) await store.log.append(patterned(1000, i))
      expect(store.log.bytes).toBeGreaterThanOrEqual(20_000)
      await store.log.truncate(20)
      expect(await replayed(store)).toEqual([])
      expect(store.log.bytes).toBeLessThan(100)
      await store.close()
      const again = await open()
      expect(again.log.bytes).toBeLessThan(100)
      expect(again.log.next).toBe(20)
      expect(await again.log.append(new Uint8Array([7]))).toBe(20)
      await again.log.truncate(20)
      expect(await replayed(again)).toEqual([{ position: 20, record: new Uint8Array([7]) }])
      await again.close()
      expect(await replayed(await open())).toEqual([{ position: 20, record: new Uint8Array([7]) }])
    })

    test('truncates beyond its end and twice without harm', async () => {
      const store = await fresh()
      await store.log.truncate(0)
      await store.log.truncate(10)
      expect(await store.log.append(new Uint8Array([1]))).toBe(0)
      await store.log.truncate(0)
      expect((await replayed(store)).length).toBe(1)
      await store.log.truncate(10)
      await store.log.truncate(10)
      expect(await store.log.append(new Uint8Array([2]))).toBe(1)
      expect((await replayed(store)).map(({ position }) => position)).toEqual([1])
    })

    test('truncates while appends are under way, and loses none of them', async () => {
      const { open } = await place()
      const store = await open()
      const before = await Promise.all(Array.from({ length: 30 }, (_, i) => store.log.append(patterned(50, i))))
      const during = Array.from({ length: 30 }, (_, i) => store.log.append(patterned(50, 30 + i)))
      await store.log.truncate(before.length)
      await Promise.all(during)
      await store.close()
      const records = (await replayed(await open())).filter(({ position }) => position >= 30)
      expect(records.map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, i) => 30 + i))
    })

    test('takes a record of the greatest length and refuses one byte more', async () => {
      const store = await fresh()
      const greatest = new Uint8Array(MAX_RECORD_BYTES)
      greatest[0] = 1
      greatest[MAX_RECORD_BYTES - 1] = 2
      await expect(store.log.append(new Uint8Array(MAX_RECORD_BYTES + 1))).rejects.toMatchObject({ kind: 'quota' })
      await nextTurn()
      expect(await store.log.append(greatest)).toBe(0)
      const [only] = await replayed(store)
      expect(only && same(only.record, greatest)).toBe(true)
    })

    test('refuses appends once too many bytes wait, and goes on when they are written', async () => {
      const store = await fresh()
      const record = new Uint8Array(MAX_RECORD_BYTES)
      const fitting = Array.from({ length: MAX_WAITING_BYTES / MAX_RECORD_BYTES }, () => store.log.append(record))
      await expect(store.log.append(new Uint8Array(1))).rejects.toMatchObject({ kind: 'quota' })
      expect(await Promise.all(fitting)).toEqual(fitting.map((_, i) => i))
      await nextTurn()
      expect(await store.log.append(new Uint8Array(1))).toBe(fitting.length)
    })
  })

  describe(`${name}: opening and closing`, () => {
    test('lets one opener in at a time', async () => {
      const { open } = await place()
      const store = await open()
      await expect(open()).rejects.toMatchObject({ kind: 'locked' })
      await store.blobs.put('still', new Uint8Array([1]))
      await store.close()
      expect((await (await open()).blobs.list()).length).toBe(1)
    })

    test('makes what was begun durable before it closes, and refuses all else afterwards', async () => {
      const { open } = await place()
      const store = await open()
      const append = store.log.append(new Uint8Array([1]))
      const put = store.blobs.put('a', new Uint8Array([2]))
      const closing = store.close()
      await Promise.all([append, put, closing, store.close()])
      const closed: { kind: ErrorKind } = { kind: 'closed' }
      await expect(store.log.append(new Uint8Array([1]))).rejects.toMatchObject(closed)
      await expect(store.log.replay(() => undefined)).rejects.toMatchObject(closed)
      await expect(store.log.truncate(0)).rejects.toMatchObject(closed)
      await expect(store.blobs.put('b', new Uint8Array([1]))).rejects.toMatchObject(closed)
      await expect(store.blobs.get('a')).rejects.toMatchObject(closed)
      await expect(store.blobs.list()).rejects.toMatchObject(closed)
      await expect(store.blobs.delete('a')).rejects.toMatchObject(closed)
      const again = await open()
      expect((await replayed(again)).length).toBe(1)
      expect(await again.blobs.get('a')).toEqual(new Uint8Array([2]))
    })

    test('estimates at least what it holds', async () => {
      const store = await fresh()
      await store.blobs.put('a', patterned(100_000, 1))
      await store.log.append(patterned(10_000, 2))
      const { usage, quota } = await store.estimate()
      expect(usage).toBeGreaterThanOrEqual(110_000)
      expect(quota).toBeGreaterThan(usage)
    })
  })
}

async function writePieces(blob: BlobWriter, bytes: Uint8Array, lengths: readonly number[]): Promise<void> {
  let at = 0
  for (const length of lengths) {
    await blob.write(bytes.subarray(at, at + length))
    at += length
  }
}

/** Whether two arrays hold the same bytes; for large ones much faster than `toEqual`. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}

/** A refusal may hold for what is called in the same turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
