import { assert, asyncProperty, integer } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import type { Matcher } from '../../engine/core/matcher.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import type { Tiers } from '../../engine/worker/tiers.ts'
import { MANY_WAITING_DELETES } from '../../engine/worker/write/deletes.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { dayLines, FIRST_DAY, rows, STEP_NS } from '../support/cold-rows.ts'
import { DeleteRound } from '../support/delete-round.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { S3Server } from '../support/s3-server.ts'

const rules = { '*': { afterMs: 0 } }
const everything = { table: 'cpu', matchers: [], start: MIN_TIME, end: MAX_TIME } as const
const hostA: Matcher[] = [{ tag: 'host', op: '=', value: 'a' }]

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

async function opened(tiers: Tiers | undefined = tiersOn(server, 'p', rules)): Promise<EngineOverStore> {
  const engine = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now }, tiers })
  open.push(engine)
  return engine
}

async function reopened(engine: EngineOverStore, tiers?: Tiers): Promise<EngineOverStore> {
  await closed(engine)
  return opened(tiers)
}

async function closed(engine: EngineOverStore): Promise<void> {
  open.splice(open.indexOf(engine), 1)
  await engine.close()
}

async function waiting(engine: EngineOverStore): Promise<number> {
  return (await engine.writer.statistics()).waitingDeletes
}

/** Days 0 and 1, cold. */
async function coldDays(): Promise<EngineOverStore> {
  const engine = await opened()
  for (const day of [0, 1]) await engine.appendLines(dayLines(day))
  await engine.writer.moveToCold()
  return engine
}

test('appends, deletes, moves, compactions and crashes in any order mean what they mean to a plain table', async () => {
  let prefix = 0
  await assert(
    asyncProperty(integer(), async (seed) => {
      const tiers = tiersOn(server, `round-${prefix++}`, rules)
      const run = await DeleteRound.open(seed, {
        engine: { clock: { now: () => now }, tiers },
        unit: 100_000_000_000n,
        besides: (engine) => engine.writer.moveToCold(),
      })
      for (let step = 0; step < 40; step++) await run.step()
      await run.reopen()
      await run.end()
    }),
    { numRuns: 25, endOnFailure: true },
  )
})

test('so they do where a crash ends moves that are under way, and every pause gives way', async () => {
  let elapsed = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (elapsed += 5))
  for (let seed = 1; seed <= 12; seed++) {
    const run = await DeleteRound.open(seed, {
      engine: { clock: { now: () => now }, tiers: tiersOn(server, `crash-${seed}`, rules) },
      unit: 100_000_000_000n,
      besides: (engine) => void Promise.resolve(engine.writer.moveToCold()).catch(() => undefined),
    })
    for (let step = 0; step < 40; step++) await run.step()
    await run.reopen()
    await run.end()
  }
  vi.restoreAllMocks()
})

test('a delete that comes while its rows are on their way to the cold tier hides them there too', async () => {
  let engine = await opened()
  await engine.appendLines(dayLines(0))
  await engine.writer.flush()
  let isHeld = true
  const begun = new Promise<void>((resolve) => {
    server.fault = ({ method, key }) => {
      if (!isHeld || method !== 'PUT' || !key.includes('/table=')) return undefined
      resolve()
      return 503
    }
  })
  const moved = engine.writer.moveToCold()
  await begun
  // The rows leave the segments, so that from then on only the file has them, which nobody knows yet.
  await engine.writer.delete({ ...everything, matchers: hostA })
  await engine.writer.flush()
  isHeld = false
  await moved
  expect(await rows(engine)).toHaveLength(36)
  engine = await reopened(engine)
  expect(await rows(engine)).toHaveLength(36)
  await engine.writer.compact()
  expect(await waiting(engine)).toBe(0)
  expect((await engine.writer.statistics()).cold).toMatchObject({ rows: 36 })
})

describe('a delete of cold rows', () => {
  test('hides them at once and after reopening, and a late row at their times stays', async () => {
    let engine = await coldDays()
    const before = await rows(engine)
    const start = FIRST_DAY + 10n * STEP_NS
    await engine.writer.delete({ ...everything, matchers: hostA, start, end: FIRST_DAY + DAY_NS })
    await engine.appendLines(`cpu,host=a v=5 ${start}`)
    const isLeft = ([time, host]: readonly unknown[]) =>
      host !== 'a' || (time as bigint) < start || (time as bigint) >= FIRST_DAY + DAY_NS
    const wanted = [...before.filter(isLeft), [start, 'a', 5, null]].sort(byTimeAndHost)
    expect(await rows(engine)).toEqual(wanted)
    engine = await reopened(engine)
    expect(await rows(engine)).toEqual(wanted)
    await engine.writer.flush()
    expect(await rows(engine)).toEqual(wanted)
    engine = await reopened(engine)
    expect(await rows(engine)).toEqual(wanted)
    await engine.writer.compact()
    expect(await rows(engine)).toEqual(wanted)
    expect(await waiting(engine)).toBe(0)
    await engine.writer.moveToCold()
    expect(await rows(engine)).toEqual(wanted)
    expect(await rows(await reopened(engine))).toEqual(wanted)
  })

  test.each([
    [[{ tag: 'host', op: '=', value: 'a' }]],
    [[{ tag: 'host', op: '!=', value: 'b' }]],
    [[{ tag: 'host', op: '=~', value: 'a+' }]],
    [[{ tag: 'host', op: '!~', value: '[b-z]' }]],
    [[{ tag: 'host', op: 'in', values: ['a', 'c'] }]],
    [[{ tag: 'host', op: 'not in', values: ['b'] }]],
    [
      [
        { tag: 'host', op: '=', value: 'a' },
        { tag: 'none', op: '=', value: '' },
      ],
    ],
  ] as Matcher[][][])('means series that nobody has read since the store was opened: %j', async (matchers) => {
    const engine = await reopened(await coldDays())
    server.requests.length = 0
    await engine.writer.delete({ ...everything, matchers: matchers as Matcher[] })
    expect(server.requests).toEqual([])
    expect(new Set((await rows(engine)).map(([, host]) => host))).toEqual(new Set(['b']))
    await engine.writer.compact()
    expect(new Set((await rows(await reopened(engine))).map(([, host]) => host))).toEqual(new Set(['b']))
  })

  test('takes rows off the object store when the store is compacted, and days without rows whole', async () => {
    const engine = await coldDays()
    await engine.appendLines(`cpu,host=a note="secret-word" ${FIRST_DAY}\ncpu,host=b note="open-word" ${FIRST_DAY}`)
    await engine.writer.moveToCold()
    await engine.writer.delete({ ...everything, matchers: hostA, end: FIRST_DAY + DAY_NS })
    await engine.writer.delete({ ...everything, start: FIRST_DAY + DAY_NS })
    const text = () => Buffer.concat([...server.objects.values()].map(({ bytes }) => bytes)).toString('latin1')
    expect(text()).toContain('secret-word')
    expect(await waiting(engine)).toBe(2)
    await engine.writer.compact()
    expect(text()).not.toContain('secret-word')
    expect(text()).toContain('open-word')
    expect(filesBelow(server, 'p')).toHaveLength(1)
    expect(await waiting(engine)).toBe(0)
    expect((await engine.writer.statistics()).cold).toMatchObject({ rows: 36 })
    const manifest = Buffer.from(contents.blobs.get('manifest.json') ?? []).toString()
    expect(manifest).toContain('"waiting":[]')
  })

  test('is carried out by the next move of its day, and remembered until then', async () => {
    const engine = await coldDays()
    await engine.writer.delete({ ...everything, matchers: hostA, end: FIRST_DAY + DAY_NS })
    await engine.writer.flush()
    await engine.writer.moveToCold()
    expect(await waiting(engine)).toBe(1)
    await engine.appendLines(`cpu,host=b v=7 ${FIRST_DAY}`)
    await engine.writer.moveToCold()
    expect((await engine.writer.statistics()).cold).toMatchObject({ rows: 36 + 72 })
    await engine.writer.compact()
    expect(await waiting(engine)).toBe(0)
    expect(await rows(engine)).toHaveLength(36 + 72)
  })

  test('is carried out by the rounds of the tier where many wait', async () => {
    const engine = await coldDays()
    for (let i = 0; i <= MANY_WAITING_DELETES; i++) {
      const start = FIRST_DAY + BigInt(i) * STEP_NS
      await engine.writer.delete({ ...everything, start, end: start + 1n })
    }
    await engine.writer.moveToCold()
    expect((await engine.writer.statistics()).cold).toMatchObject({ rows: 144 - 2 * (MANY_WAITING_DELETES + 1) })
    expect(await waiting(engine)).toBe(0)
  })

  test('numbers go on above those of the store that wrote the place', async () => {
    const engine = await coldDays()
    for (const i of [0n, 1n, 2n])
      await engine.writer.delete({ ...everything, start: FIRST_DAY + i, end: FIRST_DAY + i + 1n })
    await engine.writer.compact()
    await closed(engine)
    contents = emptyMemoryContents()
    const other = await opened()
    await other.writer.delete({ ...everything, matchers: hostA })
    expect(await rows(other)).toHaveLength(71)
    expect(await rows(await reopened(other))).toHaveLength(71)
  })

  test('is refused where they lie in a place that cannot be written, and nowhere else', async () => {
    const engine = await coldDays()
    await engine.appendLines(dayLines(5))
    const without = await reopenedWithout(engine)
    const ofDay0 = { ...everything, end: FIRST_DAY + DAY_NS }
    await expect(without.writer.delete(ofDay0)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('cannot be written'),
    })
    await without.writer.delete({ ...everything, start: FIRST_DAY + 5n * DAY_NS })
    expect(await rows(await reopened(without))).toHaveLength(144)
  })

  test('a compaction that cannot reach them fails with kind io, and the next one carries it out', async () => {
    const engine = await coldDays()
    await engine.writer.delete({ ...everything, matchers: hostA })
    server.fault = () => 503
    await expect(engine.writer.compact()).rejects.toMatchObject({ kind: 'io' })
    server.fault = () => undefined
    expect(await waiting(engine)).toBe(1)
    expect(await rows(engine)).toHaveLength(72)
    await engine.writer.compact()
    expect(await waiting(engine)).toBe(0)
    expect(await rows(engine)).toHaveLength(72)
  })
})

async function reopenedWithout(engine: EngineOverStore): Promise<EngineOverStore> {
  await closed(engine)
  const made = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now } })
  open.push(made)
  return made
}

function byTimeAndHost(x: readonly unknown[], y: readonly unknown[]): number {
  if (x[0] !== y[0]) return (x[0] as bigint) < (y[0] as bigint) ? -1 : 1
  return String(x[1]) < String(y[1]) ? -1 : 1
}

describe('where a compaction of deleted cold rows ends early', () => {
  /** Day 0 cold with rows of a deleted, late rows of it in a segment; day 1 cold. */
  async function prepare(): Promise<EngineOverStore> {
    const engine = await coldDays()
    await engine.writer.delete({ ...everything, matchers: hostA, end: FIRST_DAY + DAY_NS })
    await engine.appendLines(`cpu,host=a v=9 ${FIRST_DAY}`)
    await engine.writer.flush()
    return engine
  }

  async function expectAnswer(engine: EngineOverStore, what: string): Promise<void> {
    const found = await rows(engine)
    expect(found[0], what).toEqual([FIRST_DAY, 'a', 9, null])
    expect(found, what).toHaveLength(1 + 36 + 72)
  }

  test('at any request to the object store: rows stay hidden, nothing is lost, and nothing is left over', async () => {
    for (let failing = 1; ; failing++) {
      contents = emptyMemoryContents()
      server.objects.clear()
      let engine = await prepare()
      let count = 0
      server.fault = () => (++count === failing ? 403 : undefined)
      await Promise.resolve(engine.writer.compact()).catch(() => undefined)
      const wasReached = count >= failing
      server.fault = () => undefined
      await expectAnswer(engine, `request ${failing}`)
      if (failing % 2 === 0) engine = await reopened(engine)
      await expectAnswer(engine, `request ${failing}`)
      await engine.writer.compact()
      await expectAnswer(engine, `request ${failing}`)
      expect(await waiting(engine)).toBe(0)
      expect((await engine.writer.statistics()).cold).toMatchObject({ files: 2, rows: 36 + 72 })
      expect(filesBelow(server, 'p'), `request ${failing}`).toHaveLength(2)
      await expectAnswer(await reopened(engine), `request ${failing}`)
      for (const one of open.splice(0)) await one.close()
      if (!wasReached) {
        expect(failing).toBeGreaterThan(4)
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
      for (const name of ['set', 'delete'] as const) {
        const plain = blobs[name].bind(blobs) as (...args: unknown[]) => unknown
        Object.assign(blobs, {
          [name]: (...args: unknown[]) => {
            if (++count >= failing) throw new Error('the power is off')
            return plain(...args)
          },
        })
      }
      await Promise.resolve(first.writer.compact()).catch(() => undefined)
      const wasReached = count >= failing
      open.splice(open.indexOf(first), 1)
      contents = { ...contents, blobs: new Map(blobs), open: false }
      const engine = await opened()
      await expectAnswer(engine, `write ${failing}`)
      await engine.writer.compact()
      await expectAnswer(engine, `write ${failing}`)
      expect((await engine.writer.statistics()).cold).toMatchObject({ files: 2, rows: 36 + 72 })
      await closed(engine)
      if (!wasReached) {
        expect(failing).toBeGreaterThan(2)
        return
      }
    }
  })
})
