import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import { MAX_ATTEMPTS } from '../../engine/cold/request.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import type { Tiers } from '../../engine/worker/tiers.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { dayLines, FIRST_DAY, ofDay, plan, rows } from '../support/cold-rows.ts'
import { differentialRound } from '../support/differential-round.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { rowsOf } from '../support/plain-column.ts'
import { START } from '../support/random-table.ts'
import { S3Server } from '../support/s3-server.ts'

const HOUR_NS = 3_600_000_000_000n
const rules = { '*': { afterMs: 0 } }

let server: S3Server
let now: bigint
let contents: MemoryContents
const open: EngineOverStore[] = []

beforeEach(async () => {
  server = await S3Server.start()
  now = FIRST_DAY + 10n * DAY_NS
  contents = emptyMemoryContents()
})

afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close()
  await server.close()
})

async function opened(
  tiers: Tiers = tiersOn(server, 'p', rules),
  others: Partial<Parameters<typeof openOverStore>[1]> = {},
) {
  const engine = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now }, tiers, ...others })
  open.push(engine)
  return engine
}

async function closed(engine: EngineOverStore): Promise<void> {
  open.splice(open.indexOf(engine), 1)
  await engine.close()
}

describe('a store with a cold tier', () => {
  test('answers as a plain reference does, whatever moves when, over restarts and late rows', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      now = START + 30n * DAY_NS
      const options = { clock: { now: () => now }, tiers: tiersOn(server, `seed-${seed}`, rules) }
      await differentialRound(seed, options, {
        spreads: [20, 4000, 20_000],
        step: async (engine, next) => {
          if (next() % 2 === 0) await engine.writer.moveToCold()
        },
      })
      expect(filesBelow(server, `seed-${seed}`).length).toBeLessThanOrEqual(2)
    }
  })

  test('has whole days in the object store and none of their rows here', async () => {
    const engine = await opened()
    for (const day of [0, 1, 2]) await engine.appendLines(dayLines(day))
    now = FIRST_DAY + 2n * DAY_NS + HOUR_NS
    const before = await rows(engine)
    await engine.writer.moveToCold()
    expect(await rows(engine)).toEqual(before)
    const statistics = await engine.writer.statistics()
    expect(statistics.cold).toMatchObject({ files: 2, rows: 144 })
    expect(filesBelow(server, 'p').map((key) => key.slice(0, 27))).toEqual([
      'p/table=cpu/day=2024-10-04/',
      'p/table=cpu/day=2024-10-05/',
    ])
    server.requests.length = 0
    expect(await rows(engine, ofDay(2))).toEqual(before.slice(-72))
    expect(server.requests).toEqual([])
  })

  test('a late row wins over the cold one, before and after the day has moved again', async () => {
    const engine = await opened()
    await engine.appendLines(dayLines(0))
    await engine.writer.moveToCold()
    await engine.appendLines(`cpu,host=a n=99i ${FIRST_DAY}`)
    const expected = [FIRST_DAY, 'a', 0, 99n]
    expect((await rows(engine))[0]).toEqual(expected)
    await engine.writer.flush()
    expect((await rows(engine))[0]).toEqual(expected)
    await engine.writer.moveToCold()
    expect((await rows(engine))[0]).toEqual(expected)
    expect(await rows(engine)).toHaveLength(72)
    expect(filesBelow(server, 'p')).toHaveLength(1)
    expect((await engine.writer.statistics()).segments).toBe(0)
  })

  test('is there again when the store is opened anew, and for another store that opens the place', async () => {
    const engine = await opened()
    for (const day of [0, 1]) await engine.appendLines(dayLines(day))
    await engine.writer.moveToCold()
    const before = await rows(engine)
    await closed(engine)
    const again = await opened()
    expect(await rows(again)).toEqual(before)
    expect(await again.queryable.series('cpu', [], 10)).toEqual([[['host', 'a']], [['host', 'b']]])
    expect(await again.queryable.tagValues('cpu', 'host', 10)).toEqual(['a', 'b'])
    await closed(again)
    contents = emptyMemoryContents()
    const other = await opened(tiersOn(server, 'p'))
    expect((await other.queryable.catalog()).tables).toMatchObject([{ name: 'cpu', tags: ['host'] }])
    expect(await rows(other)).toEqual(before)
  })

  test('the newest rows are found without a byte of cold rows, unless a series has none since', async () => {
    const engine = await opened()
    await engine.appendLines(dayLines(0))
    await engine.appendLines(`cpu,host=old v=1 ${FIRST_DAY}`)
    await engine.writer.moveToCold()
    await engine.appendLines(dayLines(5))
    const latest = { ...plan(), kind: 'latest', by: ['host'] } as const
    const newest = rowsOf(await engine.queryable.latest(latest)).map(([time, host]) => [host, time])
    const last = FIRST_DAY + 5n * DAY_NS + 35n * 600_000_000_000n
    expect(newest).toEqual([
      ['a', last],
      ['b', last],
      ['old', FIRST_DAY],
    ])
    const onlyAB = { ...latest, matchers: [{ tag: 'host', op: '!=', value: 'old' }] } as const
    server.requests.length = 0
    expect(await engine.queryable.latest(onlyAB)).toMatchObject({ rows: 2 })
    expect(server.requests).toEqual([])
  })

  test('rows that were deleted before there was a cold tier do not come back with it', async () => {
    const before = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now } })
    await before.appendLines(dayLines(0))
    await before.writer.flush()
    const matchers = [{ tag: 'host', op: '=', value: 'a' }] as const
    await before.writer.delete({ table: 'cpu', matchers, start: MIN_TIME, end: MAX_TIME })
    await before.appendLines(`cpu,host=a v=5 ${FIRST_DAY}`)
    await before.close()
    const engine = await opened()
    await engine.writer.moveToCold()
    expect(await rows(engine)).toHaveLength(37)
    expect((await engine.writer.statistics()).cold).toMatchObject({ rows: 37 })
    await closed(engine)
    expect(await rows(await opened())).toHaveLength(37)
  })

  test('expired days go from the object store too', async () => {
    const engine = await opened(undefined, { retentionMs: { cpu: 5 * 86_400_000 } })
    now = FIRST_DAY + 4n * DAY_NS
    for (const day of [0, 1]) await engine.appendLines(dayLines(day))
    await engine.writer.moveToCold()
    expect(filesBelow(server, 'p')).toHaveLength(2)
    now = FIRST_DAY + 6n * DAY_NS
    await engine.writer.moveToCold()
    expect(filesBelow(server, 'p').map((key) => key.slice(16, 26))).toEqual(['2024-10-05'])
    expect(await rows(engine)).toHaveLength(72)
  })

  test('rows that expire within a cold day are out of every answer at once, and days that have expired are never written', async () => {
    const retentionMs = { cpu: 5 * 86_400_000 }
    const engine = await opened(undefined, { retentionMs })
    now = FIRST_DAY + 4n * DAY_NS
    for (const day of [0, 1]) await engine.appendLines(dayLines(day))
    await engine.writer.moveToCold()
    await engine.appendLines(`cpu,host=a v=1 ${FIRST_DAY + 1000n}`)
    await engine.writer.flush()
    now = FIRST_DAY + 5n * DAY_NS + 3n * HOUR_NS
    const count = async (): Promise<number> => {
      const { rows: ofCells } = await engine.queryable.aggregate({ ...plan(), kind: 'aggregate', by: [], inputs: [] })
      return ofCells.reduce((total, one) => total + one, 0)
    }
    expect((await rows(engine))[0]?.[0]).toBe(FIRST_DAY + 3n * HOUR_NS)
    expect(await count()).toBe(2 * (18 + 36))
    now = FIRST_DAY + 6n * DAY_NS
    server.requests.length = 0
    await engine.writer.moveToCold()
    expect((await engine.writer.statistics()).segments).toBe(0)
    expect(server.requests.filter(({ method, key }) => method === 'PUT' && key.includes('table='))).toEqual([])
    expect(filesBelow(server, 'p')).toHaveLength(1)
    expect(await count()).toBe(72)
  })

  test('a table goes by the bytes that it takes, oldest days first', async () => {
    const engine = await opened(tiersOn(server, 'p', { cpu: { maxLocalBytes: 1 } }))
    for (const day of [0, 1]) await engine.appendLines(dayLines(day))
    await engine.appendLines(`mem,host=a v=1 ${FIRST_DAY}`)
    await engine.writer.moveToCold()
    expect(filesBelow(server, 'p')).toHaveLength(2)
    expect((await engine.writer.statistics()).segments).toBe(1)
  })
})

test('a rollup that is added to a table all of whose rows are cold answers as the rows do', async () => {
  const engine = await opened()
  for (const day of [0, 1]) await engine.appendLines(dayLines(day))
  await engine.writer.moveToCold()
  const windows = async (one: EngineOverStore): Promise<Float64Array> => {
    const window = { origin: 0n, width: HOUR_NS }
    return (await one.queryable.aggregate({ ...plan(), kind: 'aggregate', window, by: [], inputs: [] })).rows
  }
  expect(await windows(engine)).toHaveLength(12)
  await closed(engine)
  let again = await opened(undefined, { rollups: { cpu: [{ everyMs: 3_600_000 }] } })
  expect(await windows(again)).toHaveLength(12)
  await again.writer.compact()
  expect(await windows(again)).toHaveLength(12)
  await closed(again)
  again = await opened(undefined, { rollups: { cpu: [{ everyMs: 3_600_000 }] } })
  server.requests.length = 0
  expect(await windows(again)).toEqual(Float64Array.from({ length: 12 }, () => 12))
  expect(server.requests).toEqual([])
})

describe('where the move ends early', () => {
  async function expectWhole(engine: EngineOverStore): Promise<void> {
    const found = await rows(engine)
    expect(found).toHaveLength(144)
    expect(found[0]).toEqual([FIRST_DAY, 'a', 7, 0n])
  }

  /** Two days; of the first one older rows, cold already, and rows that win over them in two segments. */
  async function prepare(): Promise<EngineOverStore> {
    const engine = await opened()
    await engine.appendLines(dayLines(0, 3))
    await engine.writer.moveToCold()
    await engine.appendLines(dayLines(0, 5))
    await engine.writer.flush()
    await engine.appendLines(dayLines(0, 7))
    await engine.appendLines(dayLines(1))
    await engine.writer.flush()
    return engine
  }

  test('at any request to the object store: nothing is lost, nothing is there twice, and nothing is left over', async () => {
    for (let failing = 1; ; failing++) {
      contents = emptyMemoryContents()
      server.objects.clear()
      let engine = await prepare()
      let count = 0
      server.fault = () => (++count === failing ? 403 : undefined)
      const ended = await Promise.resolve(engine.writer.moveToCold()).then(
        () => 'done',
        () => 'failed',
      )
      const wasReached = count >= failing
      server.fault = () => undefined
      await expectWhole(engine)
      if (failing % 2 === 0) {
        await closed(engine)
        engine = await opened()
        await expectWhole(engine)
      }
      await engine.writer.moveToCold()
      await expectWhole(engine)
      await closed(engine)
      engine = await opened()
      await engine.appendLines(`cpu,host=a v=7,n=0i ${FIRST_DAY}`)
      await engine.writer.moveToCold()
      await expectWhole(engine)
      expect(filesBelow(server, 'p'), `request ${failing}`).toHaveLength(2)
      await closed(engine)
      if (!wasReached) {
        expect(ended).toBe('done')
        expect(failing).toBeGreaterThan(8)
        return
      }
    }
  })

  test('at any write to the own store, by a power cut: the same', async () => {
    for (let failing = 1; ; failing++) {
      contents = emptyMemoryContents()
      server.objects.clear()
      const first = await prepare()
      const { blobs } = contents
      let count = 0
      const guard = (name: 'set' | 'delete') => {
        const plain = blobs[name].bind(blobs) as (...args: unknown[]) => unknown
        Object.assign(blobs, {
          [name]: (...args: unknown[]) => {
            if (++count >= failing) throw new Error('the power is off')
            return plain(...args)
          },
        })
      }
      guard('set')
      guard('delete')
      await Promise.resolve(first.writer.moveToCold()).catch(() => undefined)
      const wasReached = count >= failing
      open.splice(open.indexOf(first), 1)
      contents = { ...contents, blobs: new Map(blobs), open: false }
      const engine = await opened()
      await expectWhole(engine)
      await engine.writer.moveToCold()
      await expectWhole(engine)
      expect(filesBelow(server, 'p')).toHaveLength(2)
      await closed(engine)
      if (!wasReached) {
        expect(failing).toBeGreaterThan(3)
        return
      }
    }
  })

  test('a second store that writes to the same place is refused, and neither loses anything', async () => {
    const engine = await prepare()
    const mine = contents
    contents = emptyMemoryContents()
    const other = await opened()
    await other.appendLines(`cpu,host=c v=1 ${FIRST_DAY + 3n * DAY_NS}`)
    await other.writer.moveToCold()
    contents = mine
    await expect(engine.writer.moveToCold()).rejects.toMatchObject({ kind: 'locked' })
    await expectWhole(engine)
  })
})

describe('where the object store fails', () => {
  async function coldStore(): Promise<EngineOverStore> {
    const engine = await opened()
    for (const day of [0, 1]) await engine.appendLines(dayLines(day))
    await engine.writer.moveToCold()
    await engine.appendLines(dayLines(9))
    return engine
  }

  test('local ranges still answer, others fail with kind io and the name of the place', async () => {
    await closed(await coldStore())
    server.fault = () => 503
    const engine = await opened()
    expect((await engine.statistics()).quarantined).toMatchObject([{ name: 'cold tier' }])
    expect(await rows(engine, ofDay(9))).toHaveLength(72)
    server.requests.length = 0
    await expect(rows(engine, ofDay(0))).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringContaining('s3://tide/p'),
    })
    expect(server.requests).toHaveLength(MAX_ATTEMPTS)
    server.fault = () => undefined
    expect(await rows(engine)).toHaveLength(216)
    await engine.appendLines(dayLines(1, 1))
    await engine.writer.moveToCold()
    expect(await rows(engine)).toHaveLength(216)
  })

  test('a place that cannot be reached and never was, or has no manifest where it cannot be written, refuses to open', async () => {
    server.fault = () => 403
    await expect(opened()).rejects.toMatchObject({ kind: 'auth' })
    server.fault = () => undefined
    contents = emptyMemoryContents()
    const base = `${server.endpoint}/nothing`
    await expect(opened({ cold: { kind: 'http', base } })).rejects.toMatchObject({
      kind: expect.stringMatching(/io|auth/),
    })
  })

  test('a damaged or missing file fails the query that meets it, then is left out and reported', async () => {
    await closed(await coldStore())
    const [first = '', second = ''] = filesBelow(server, 'p')
    const object = server.objects.get(first)
    if (object) object.bytes[5] = (object.bytes[5] ?? 0) ^ 1
    server.objects.delete(second)
    const engine = await opened()
    await expect(rows(engine, ofDay(0))).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining(first.slice(2)),
    })
    await expect(rows(engine, ofDay(1))).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('missing'),
    })
    expect(await rows(engine)).toHaveLength(72)
    const { quarantined } = await engine.statistics()
    expect(quarantined.map(({ name }) => name).sort()).toEqual([first.slice(2), second.slice(2)])
    // Neither is made anew out of what is left.
    await engine.appendLines(dayLines(0, 1))
    await expect(engine.writer.moveToCold()).rejects.toMatchObject({ kind: 'corrupt' })
    expect(server.objects.has(first)).toBe(true)
  })

  test('a damaged manifest is made up for by the copy; without one it refuses to open', async () => {
    await closed(await coldStore())
    const manifest = server.objects.get('p/tidemark-manifest.json')
    if (manifest) manifest.bytes[40] = (manifest.bytes[40] ?? 0) ^ 1
    expect(await rows(await opened())).toHaveLength(216)
    contents = emptyMemoryContents()
    await expect(opened()).rejects.toMatchObject({ kind: 'corrupt' })
  })
})
