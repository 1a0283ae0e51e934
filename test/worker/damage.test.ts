import { expect, test } from 'vitest'
import type { MemoryContents } from '../../engine/storage/memory-store.ts'
import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { FaultyDisk, openFaultyDisk, openFaultyStore } from '../support/faulty-store.ts'
import { checkRequests, requestLines } from '../support/numbered-requests.ts'

const everything = { acknowledged: new Set<number>(), wasBegun: () => true }

async function requestsIn(engine: EngineOverStore): Promise<number[]> {
  return [...(await checkRequests(engine.queryable, everything))].sort((a, b) => a - b)
}

/** A store that a closed engine left: each list of requests is a segment, the last list is in the log alone. */
async function storeOf(lists: readonly (readonly number[])[]): Promise<MemoryContents> {
  const contents = emptyMemoryContents()
  const engine = await openOverStore(await openMemoryStore(contents))
  for (const [i, list] of lists.entries()) {
    for (const request of list) await engine.appendLines(requestLines(request))
    if (i < lists.length - 1) await engine.writer.flush()
  }
  await engine.close()
  return contents
}

async function reopened(contents: MemoryContents): Promise<EngineOverStore> {
  return openOverStore(await openMemoryStore(contents))
}

/** Segments in the order in which the manifest has them. */
function segmentNames({ blobs }: MemoryContents): string[] {
  const text = new TextDecoder().decode(blobs.get('manifest.json'))
  return [...text.matchAll(/[0-9a-f]{64}\.seg/g)].map(([name]) => name)
}

function flip(bytes: Uint8Array | undefined, at: number, bit = 0): void {
  if (bytes === undefined) throw new Error('there are no bytes to damage')
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
}

test('a segment with a damaged index is left out and reported; the rest stays readable', async () => {
  const contents = await storeOf([[0, 1], [2, 3], [4]])
  const [first = ''] = segmentNames(contents)
  flip(contents.blobs.get(first), (contents.blobs.get(first)?.length ?? 0) - 20)
  const engine = await reopened(contents)
  expect(await requestsIn(engine)).toEqual([2, 3, 4])
  expect((await engine.statistics()).quarantined).toMatchObject([{ name: first }])
})

test('a segment that is gone is left out and reported; the rest stays readable', async () => {
  const contents = await storeOf([[0, 1], [2, 3], [4]])
  const [, second = ''] = segmentNames(contents)
  contents.blobs.delete(second)
  const engine = await reopened(contents)
  expect(await requestsIn(engine)).toEqual([0, 1, 4])
  expect((await engine.statistics()).quarantined).toMatchObject([{ name: second }])
})

test('a segment that no manifest names, as a crash leaves one, is removed at the next opening, and nothing else', async () => {
  const contents = await storeOf([
    [0, 1],
    [2, 3],
  ])
  const names = [...contents.blobs.keys()].sort()
  const [first = ''] = segmentNames(contents)
  contents.blobs.set(`${'a'.repeat(64)}.seg`, contents.blobs.get(first)?.slice() ?? new Uint8Array())
  const engine = await reopened(contents)
  expect([...contents.blobs.keys()].sort()).toEqual(names)
  expect(await requestsIn(engine)).toEqual([0, 1, 2, 3])
})

test('a damaged block fails the query that meets it with its segment, later ones leave that out and say so', async () => {
  const contents = await storeOf([[0, 1], [2, 3], [4]])
  const [first = ''] = segmentNames(contents)
  flip(contents.blobs.get(first), 10)
  const engine = await reopened(contents)
  await expect(requestsIn(engine)).rejects.toMatchObject({ kind: 'corrupt', message: expect.stringContaining(first) })
  expect(await requestsIn(engine)).toEqual([2, 3, 4])
  expect((await engine.statistics()).quarantined).toMatchObject([{ name: first }])
})

test('compaction never replaces or removes a damaged segment', async () => {
  const contents = await storeOf([[0], [1], [2], [3], [4]])
  const [, , third = ''] = segmentNames(contents)
  flip(contents.blobs.get(third), (contents.blobs.get(third)?.length ?? 0) - 20)
  const engine = await reopened(contents)
  for (let request = 5; request < 20; request++) {
    await engine.appendLines(requestLines(request))
    await engine.writer.flush()
  }
  expect(contents.blobs.has(third)).toBe(true)
  expect(segmentNames(contents)).toContain(third)
  expect(segmentNames(contents).length).toBeLessThan(15)
  expect(await requestsIn(engine)).toEqual([0, 1, 3, 4, ...Array.from({ length: 15 }, (_, i) => 5 + i)])
  // Once it is repaired it is whole again.
  await engine.close()
  flip(contents.blobs.get(third), (contents.blobs.get(third)?.length ?? 0) - 20)
  expect(await requestsIn(await reopened(contents))).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

test('damage that a compaction meets first keeps the segment too', async () => {
  const contents = await storeOf([[0], [1], [2], [3], [4]])
  const [first = ''] = segmentNames(contents)
  flip(contents.blobs.get(first), 10)
  const engine = await reopened(contents)
  for (let request = 5; request < 9; request++) {
    await engine.appendLines(requestLines(request))
    await engine.writer.flush()
  }
  expect(contents.blobs.has(first)).toBe(true)
  expect(await requestsIn(engine)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('a manifest with any byte damaged is refused, and no segment is removed', async () => {
  const contents = await storeOf([[0, 1], [2], [3]])
  const manifest = contents.blobs.get('manifest.json') ?? new Uint8Array()
  const names = [...contents.blobs.keys()]
  for (let at = 0; at < manifest.length; at++) {
    flip(manifest, at, at & 7)
    await expect(reopened(contents)).rejects.toMatchObject({ kind: 'corrupt' })
    flip(manifest, at, at & 7)
    contents.open = false
  }
  expect([...contents.blobs.keys()]).toEqual(names)
  expect(await requestsIn(await reopened(contents))).toEqual([0, 1, 2, 3])
})

test('a manifest cut at any byte is refused', async () => {
  const contents = await storeOf([[0, 1], [2]])
  const manifest = contents.blobs.get('manifest.json') ?? new Uint8Array()
  for (let length = 0; length < manifest.length; length++) {
    contents.blobs.set('manifest.json', manifest.slice(0, length))
    await expect(reopened(contents)).rejects.toMatchObject({ kind: 'corrupt' })
    contents.open = false
  }
})

test('where the manifest is missing and the log has forgotten rows, opening fails and removes nothing', async () => {
  const contents = await storeOf([[0, 1], [2, 3], [4]])
  const names = segmentNames(contents)
  contents.blobs.delete('manifest.json')
  await expect(reopened(contents)).rejects.toMatchObject({
    kind: 'corrupt',
    message: expect.stringContaining('manifest'),
  })
  expect([...contents.blobs.keys()].sort()).toEqual([...names].sort())
})

test('after a log that ends before the manifest says, what is acknowledged anew is kept', async () => {
  const contents = await storeOf([[0, 1, 2], []])
  contents.first = 0
  contents.records = []
  const engine = await reopened(contents)
  expect((await engine.statistics()).quarantined).toMatchObject([{ name: 'log' }])
  await engine.appendLines(requestLines(3))
  await engine.close()
  const again = await reopened(contents)
  expect(await requestsIn(again)).toEqual([0, 1, 2, 3])
})

test('rows of series that only a lost record names are reported, and go to no other series', async () => {
  for (let lost = 0; lost < 6; lost++) {
    const disk = new FaultyDisk(1)
    for (const requests of [
      [0, 1, 2],
      [3, 4, 5],
    ]) {
      const engine = await openOverStore(openFaultyDisk(disk))
      for (const request of requests) await engine.appendLines(requestLines(request))
      await engine.close()
    }
    // The first byte of the record with that number, behind its frame's header.
    let at = 20
    const view = new DataView(disk.log.written.buffer)
    for (let record = 0; record < lost; record++) at += 16 + view.getUint32(at + 4, true)
    flip(disk.log.written, at + 16)
    const engine = await openOverStore(openFaultyDisk(disk))
    const found = await requestsIn(engine)
    expect(found).not.toContain(lost)
    if (lost < 5) expect((await engine.statistics()).quarantined.length).toBeGreaterThan(0)
    await engine.appendLines(requestLines(6))
    expect(await requestsIn(engine)).toEqual([...found, 6])
  }
})

test('a full disk says so, and everything acknowledged is there after opening again', async () => {
  for (let diskBytes = 500; diskBytes < 12_000; diskBytes += 370) {
    const store = openFaultyStore(diskBytes, { diskBytes })
    const engine = await openOverStore(store)
    const acknowledged = new Set<number>()
    for (let request = 0; request < 30; request++) {
      await engine.appendLines(requestLines(request)).then(
        () => acknowledged.add(request),
        (error: unknown) => expect(error).toMatchObject({ kind: 'quota' }),
      )
      if (request % 7 === 3)
        await Promise.resolve(engine.writer.flush()).catch((error: unknown) =>
          expect(error).toMatchObject({ kind: 'quota' }),
        )
    }
    expect(await requestsIn(engine)).toEqual([...acknowledged])
    await engine.close()
    const again = await openOverStore(store.crash())
    await checkRequests(again.queryable, { acknowledged, wasBegun: () => true })
  }
})

test('after a failed fsync nothing more is acknowledged, and what was is there after opening again', async () => {
  for (let syncFailsAt = 0; syncFailsAt < 60; syncFailsAt++) {
    const store = openFaultyStore(syncFailsAt, { syncFailsAt })
    const engine = await openOverStore(store)
    const acknowledged = new Set<number>()
    const appends = Array.from({ length: 20 }, async (_, request) => {
      await engine.appendLines(requestLines(request))
      acknowledged.add(request)
    })
    const flush = Promise.resolve(engine.writer.flush())
    for (const outcome of await Promise.allSettled([...appends, flush])) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'io' })
    }
    await engine.close()
    await checkRequests((await openOverStore(store.crash())).queryable, { acknowledged, wasBegun: () => true })
  }
})

test('an append that is too large for the log is refused, and those after it survive a restart', async () => {
  const store = openFaultyStore(3)
  const engine = await openOverStore(store)
  const texts = Array.from({ length: 70 }, (_, i) => `${i}${'x'.repeat(1 << 20)}`)
  const rows = {
    table: 't',
    time: BigInt64Array.from(texts, (_, i) => BigInt(i)),
    tags: [{ name: 's', type: 'string', values: new Uint32Array(70), dictionary: ['0'] }],
    fields: [{ name: 'text', type: 'string', values: Uint32Array.from(texts.keys()), dictionary: texts }],
  } as const
  await expect(engine.appendColumns(rows)).rejects.toMatchObject({ kind: 'quota' })
  await engine.appendLines(requestLines(0))
  const again = await openOverStore(store.crash())
  expect(await requestsIn(again)).toEqual([0])
  expect((await again.statistics()).quarantined).toEqual([])
})
