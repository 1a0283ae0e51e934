import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { dayLines, FIRST_DAY, ofDay, rows } from '../support/cold-rows.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { rowsOf } from '../support/plain-column.ts'
import { S3Server } from '../support/s3-server.ts'

const rules = { '*': { afterMs: 0 } }
const DAYS = [0, 1, 2, 3]

let server: S3Server
let contents: MemoryContents
let engine: EngineOverStore | undefined

beforeEach(async () => {
  server = await S3Server.start()
  contents = emptyMemoryContents()
})

afterEach(async () => {
  await engine?.close()
  engine = undefined
  await server.close()
})

/** A store whose memory keeps nothing of what it has read. */
async function reopened(keptBytes: number): Promise<EngineOverStore> {
  await engine?.close()
  engine = await openOverStore(await openMemoryStore(contents), {
    clock: { now: () => FIRST_DAY + 10n * DAY_NS },
    tiers: { ...tiersOn(server, 'p', rules), keptBytes },
    cacheBytes: 0,
  })
  server.requests.length = 0
  return engine
}

/** A store with four days, which are cold. */
async function withColdDays(keptBytes: number): Promise<EngineOverStore> {
  const made = await reopened(keptBytes)
  for (const day of DAYS) await made.appendLines(dayLines(day))
  await made.writer.moveToCold()
  expect(filesBelow(server, 'p')).toHaveLength(DAYS.length)
  return reopened(keptBytes)
}

function parts(): [string, Uint8Array][] {
  return [...contents.blobs].filter(([name]) => name.endsWith('.part'))
}

function keptBytes(): number {
  return parts().reduce((total, [, { length }]) => total + length, 0)
}

async function requestsOf<T>(task: () => Promise<T>): Promise<{ answer: T; requests: number }> {
  server.requests.length = 0
  const answer = await task()
  return { answer, requests: server.requests.length }
}

/** What is read is kept behind the answer: until nothing more comes. */
async function settled(): Promise<void> {
  let before = -1
  while (before !== keptBytes()) {
    before = keptBytes()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('cold rows that are read again', () => {
  test('are here: no request is made for them, in this opening and in the next one', async () => {
    const first = await withColdDays(1e6)
    const fetched = await requestsOf(() => rows(first))
    expect(fetched.requests).toBe(2 * DAYS.length)
    expect(fetched.answer).toHaveLength(72 * DAYS.length)
    await settled()
    expect((await first.writer.statistics()).cold?.files).toBe(DAYS.length)
    expect(await requestsOf(() => rows(first))).toEqual({ answer: fetched.answer, requests: 0 })
    const second = await reopened(1e6)
    expect(await requestsOf(() => rows(second))).toEqual({ answer: fetched.answer, requests: 0 })
    const none = await reopened(0)
    expect(parts()).toEqual([])
    expect((await requestsOf(() => rows(none))).requests).toBe(2 * DAYS.length)
  })

  test('are fetched again once others have taken their place within the budget', async () => {
    const whole = await withColdDays(1e6)
    await rows(whole, ofDay(0))
    await settled()
    const budget = Math.ceil(1.5 * keptBytes())
    const made = await reopened(budget)
    expect((await requestsOf(() => rows(made, ofDay(0)))).requests).toBe(0)
    for (const day of [1, 2]) {
      expect((await requestsOf(() => rows(made, ofDay(day)))).requests).toBe(2)
      await settled()
      expect(keptBytes()).toBeLessThanOrEqual(budget)
    }
    expect((await requestsOf(() => rows(made, ofDay(2)))).requests).toBe(0)
    expect((await requestsOf(() => rows(made, ofDay(0)))).requests).toBeGreaterThan(0)
  })

  test('are right where what is kept was damaged, and what goes with it is kept anew as it is read', async () => {
    const before = await rows(await withColdDays(1e6))
    await settled()
    for (const [i, [, bytes]] of parts().entries()) {
      const place = (i * 7919) % bytes.length
      bytes[place] = 4 ^ (bytes[place] ?? 0)
    }
    const made = await reopened(1e6)
    const again = await requestsOf(() => rows(made))
    expect(again.answer).toEqual(before)
    expect(again.requests).toBeGreaterThanOrEqual(DAYS.length)
    expect((await made.statistics()).quarantined).toEqual([])
    await settled()
    // A part that is damaged anywhere goes as a whole, with chunks that were read from it once more.
    expect(await rows(made)).toEqual(before)
    await settled()
    expect(await requestsOf(() => rows(made))).toEqual({ answer: before, requests: 0 })
  })

  test('are those of the day as it is after it has moved again, and nothing is kept of what it was', async () => {
    const made = await withColdDays(1e6)
    await rows(made)
    await settled()
    const [before] = filesBelow(server, 'p')
    await made.appendLines(`cpu,host=a n=99i ${FIRST_DAY}`)
    await made.writer.moveToCold()
    expect(filesBelow(server, 'p')).not.toContain(before)
    expect((await rows(made))[0]).toEqual([FIRST_DAY, 'a', 0, 99n])
    await settled()
    const hash = before?.slice(-'.parquet'.length - 64, -'.parquet'.length)
    expect(parts().filter(([name]) => name.includes(`${hash}`))).toEqual([])
    expect((await requestsOf(() => rows(made))).requests).toBe(0)
  })
})

test('a day that is written anew takes no room from what queries have read', async () => {
  const first = await withColdDays(1e6)
  await rows(first, ofDay(0))
  await settled()
  const before = parts()
  const [indexBytes = 0, rowBytes = 0] = before.map(([, { length }]) => length).sort((a, b) => a - b)
  // There is room for another index, but not for the rows of another day.
  const made = await reopened(Math.floor(keptBytes() + 1.5 * indexBytes))
  expect(rowBytes).toBeGreaterThan(indexBytes)
  await made.appendLines(`cpu,host=a n=99i ${FIRST_DAY + 3n * DAY_NS}`)
  const { requests } = await requestsOf(async () => made.writer.moveToCold())
  expect(requests).toBeGreaterThan(1)
  await settled()
  expect(parts().map(([name]) => name)).toEqual(expect.arrayContaining(before.map(([name]) => name)))
})

describe('a folder with a cold tier', () => {
  let folder: string
  const engines: Engine[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-again-'))
  })

  afterEach(async () => {
    for (const one of engines.splice(0)) await one.close()
    await rm(folder, { recursive: true })
  })

  async function folderReopened(bytes: number, workers = 2): Promise<Engine> {
    for (const one of engines.splice(0)) await one.close()
    const tiers = { ...tiersOn(server, 'p', rules), keptBytes: bytes }
    const one = await openEngine({ store: { kind: 'files', directory: folder }, tiers, workers })
    engines.push(one)
    return one
  }

  async function ask(one: Engine, text: string): Promise<unknown[]> {
    return rowsOf(await collectRows(await one.query(text)))
  }

  /** What is read is kept behind the answer: until nothing more comes. */
  async function allKept(one: Engine): Promise<void> {
    for (let before = -1, now = 0; before !== now || now === 0; ) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      before = now
      now = (await one.statistics()).cold?.keptBytes ?? 0
    }
  }

  async function partFiles(): Promise<string[]> {
    const all = await readdir(folder, { recursive: true })
    return all.filter((name) => name.endsWith('.part')).sort()
  }

  const HOUR_NS = 3_600_000_000_000n
  const START = 1_700_006_400_000_000_000n
  const lines = Array.from({ length: 48 * 20 }, (_, i) => {
    return `cpu,host=h${i % 20} load=${(i % 97) / 4},n=${i}i ${START + BigInt(Math.floor(i / 20)) * HOUR_NS}`
  }).join('\n')
  const SUMS = 'SELECT count(*), sum(n), max(load) FROM cpu GROUP BY 6h, host'

  test('tells in EXPLAIN ANALYZE and in its statistics what was fetched and what was here', async () => {
    const made = await folderReopened(1e6)
    await made.append({ kind: 'line-protocol', body: lines })
    await made.moveToCold()
    const before = await ask(made, SUMS)
    await allKept(made)
    const again = await folderReopened(1e6)
    const explained = async (one: Engine): Promise<string> => JSON.stringify(await ask(one, `EXPLAIN ANALYZE ${SUMS}`))
    expect(await explained(again)).toMatch(
      /cold files: 0 bytes from the cache, [1-9][^,]* kept here, 0 bytes fetched in 0 requests/,
    )
    expect(await explained(again)).toMatch(
      /cold files: [1-9][^,]* from the cache, 0 bytes kept here, 0 bytes fetched in 0/,
    )
    expect((await again.statistics()).cold?.keptBytes).toBeGreaterThan(0)
    const none = await folderReopened(0)
    expect(await explained(none)).toMatch(
      /cold files: 0 bytes from the cache, 0 bytes kept here, [1-9][^,]* fetched in [1-9]/,
    )
    expect((await none.statistics()).cold?.keptBytes).toBe(0)
    expect(await partFiles()).toEqual([])
    expect(await ask(none, SUMS)).toEqual(before)
  })

  test('answers the same with any number of workers, whatever files of what is kept are damaged or half', async () => {
    const made = await folderReopened(1e6)
    await made.append({ kind: 'line-protocol', body: lines })
    await made.moveToCold()
    const before = await ask(made, SUMS)
    await allKept(made)
    for (const workers of [1, 3, 0]) {
      for (const [i, name] of (await partFiles()).entries()) {
        const path = join(folder, name)
        const bytes = await readFile(path)
        bytes[i % bytes.length] = 1 ^ (bytes[i % bytes.length] ?? 0)
        await writeFile(path, i % 3 === 0 ? bytes.subarray(1) : bytes)
      }
      const again = await folderReopened(1e6, workers)
      expect(await ask(again, SUMS)).toEqual(before)
      expect((await again.statistics()).quarantined).toEqual([])
      await allKept(again)
      expect((await again.statistics()).cold?.keptBytes).toBeGreaterThan(0)
    }
  })
})
