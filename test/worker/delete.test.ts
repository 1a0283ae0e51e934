import { assert, asyncProperty, integer } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { MAX_WAITING_DELETES } from '../../engine/worker/write/deletes.ts'
import { generator } from '../support/block-shapes.ts'
import { DeleteRound, everything, storedRows } from '../support/delete-round.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from '../support/faulty-store.ts'

test('appends, deletes, flushes, compactions and crashes in any order mean what they mean to a plain table', async () => {
  await assert(
    asyncProperty(integer(), async (seed) => {
      const run = await DeleteRound.open(seed)
      for (let step = 0; step < 40; step++) await run.step()
      await run.end()
    }),
    { numRuns: 40, endOnFailure: true },
  )
})

/** Whether any file of the store has the text; texts are as they are in segments and in the log. */
async function diskHolds(store: FaultyStore, text: string): Promise<boolean> {
  const wanted = Buffer.from(text)
  for (const { name } of await store.blobs.list()) {
    if (Buffer.from(await store.blobs.get(name)).includes(wanted)) return true
  }
  let found = false
  await store.log.replay((record) => {
    found ||= Buffer.from(record).includes(wanted)
  })
  return found
}

describe('deleted rows', () => {
  test('are on the disk until a compaction, and gone after it, delete and all', async () => {
    const store = openFaultyStore(1)
    const engine = await openOverStore(store)
    for (const name of ['secret', 'public']) {
      await engine.appendLines(`t,s=a a=1,note="${name}-${name}" ${name.length === 6 ? 1 : 2}`)
    }
    const [secret, open] = ['t,s=a note="secret-word" 1', 't,s=a note="open-word" 2']
    await engine.appendLines(`${secret}\n${open}`)
    await engine.writer.flush()
    await engine.writer.delete({ table: 't', matchers: [], start: 1n, end: 2n })
    expect(await diskHolds(store, 'secret-word')).toBe(true)
    expect((await engine.writer.statistics()).waitingDeletes).toBe(1)
    await engine.writer.compact()
    expect(await diskHolds(store, 'secret-word')).toBe(false)
    expect(await diskHolds(store, 'open-word')).toBe(true)
    expect((await engine.writer.statistics()).waitingDeletes).toBe(0)
    expect(new TextDecoder().decode(await store.blobs.get('manifest.json'))).toContain('"waiting":[]')
  })

  test('of a whole table leave no segment behind', async () => {
    const store = openFaultyStore(2)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 1\nt,s=b a=2 2')
    await engine.writer.flush()
    await engine.writer.delete(everything)
    await engine.writer.compact()
    expect((await engine.statistics()).segments).toBe(0)
    expect(await storedRows(engine.queryable)).toEqual([])
  })

  test('do not come back when rows that are late are written, and those stay', async () => {
    const store = openFaultyStore(3)
    let engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 5\nt,s=a a=2 6')
    await engine.writer.flush()
    await engine.writer.delete({ ...everything, start: 0n, end: 10n })
    await engine.appendLines('t,s=a a=3 5')
    const wanted = [[5n, 'a', 3, null]]
    expect(await storedRows(engine.queryable)).toEqual(wanted)
    await engine.writer.flush()
    expect(await storedRows(engine.queryable)).toEqual(wanted)
    engine = await openOverStore(store.crash())
    expect(await storedRows(engine.queryable)).toEqual(wanted)
    await engine.writer.compact()
    expect(await storedRows(engine.queryable)).toEqual(wanted)
  })
})

describe('a delete that cannot be', () => {
  test.each([
    [{ ...everything, start: 5n, end: 5n }, 'from 5 to 5 is empty'],
    [{ ...everything, end: 2n ** 63n }, 'out of bounds'],
    [{ ...everything, table: 'none' }, "there is no table 'none'"],
    [{ ...everything, matchers: [{ tag: 's', op: '=~', value: '(' } as const] }, 'not a regular expression'],
    [{ ...everything, matchers: Array.from({ length: 65 }, () => ({ tag: 's', op: '=', value: '' }) as const) }, '64'],
  ])('is refused and leaves no trace: %#', async (range, reason) => {
    const store = openFaultyStore(4)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 5')
    const { next } = store.log
    await expect(engine.writer.delete(range)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(reason),
    })
    expect(store.log.next).toBe(next)
    expect(await storedRows(engine.queryable)).toEqual([[5n, 'a', 1, 1n]])
  })

  test('is refused where as many wait as may, until compactions have carried them out', async () => {
    const store = openFaultyStore(5)
    const engine = await openOverStore(store)
    await engine.appendLines('t,s=a a=1,b=1i 0\nt,s=a a=1 1000')
    await engine.writer.flush()
    const deletes = Array.from({ length: MAX_WAITING_DELETES + 1 }, (_, i) => {
      return Promise.resolve(engine.writer.delete({ ...everything, start: BigInt(i), end: BigInt(i + 1) }))
    })
    const outcomes = await Promise.allSettled(deletes)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { kind: 'quota' } })
    await engine.writer.compact()
    await engine.writer.delete({ ...everything, start: 1000n, end: 1001n })
    expect(await storedRows(engine.queryable)).toEqual([])
  })
})

const ROUNDS = 50

test(`over ${ROUNDS} power cuts an acknowledged delete stays, an acknowledged row stays, and nothing is half`, async () => {
  let deletesKept = 0
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const next = generator(seed)
    let store = openFaultyStore(seed, { powerFailsAt: 4 + (next() % 50) })
    const acknowledged = new Set<number>()
    const begun = new Set<number>()
    const deleted = new Set<number>()
    const deleting = new Set<number>()
    for (let life = 0; life < 2; life++) {
      await liveWithDeletes(store, next, { acknowledged, begun, deleted, deleting })
      store = store.crash()
      const engine = await openOverStore(store)
      const found = new Map<number, number>()
      for (const [time] of (await hasTable(engine)) ? await storedRows(engine.queryable) : []) {
        const request = Number(time as bigint) / 10
        found.set(Math.floor(request), (found.get(Math.floor(request)) ?? 0) + 1)
      }
      for (const [request, rows] of found) {
        if (rows !== 2 || !begun.has(request)) throw new Error(`seed ${seed}: request ${request} has ${rows} rows`)
        if (deleted.has(request)) throw new Error(`seed ${seed}: request ${request} was deleted and is there`)
      }
      for (const request of acknowledged) {
        if (found.has(request) || deleting.has(request)) continue
        throw new Error(`seed ${seed}: request ${request} is lost`)
      }
      deletesKept += deleted.size
      store = store.crash({ powerFailsAt: store.operations + (next() % 50) })
    }
  }
  expect(deletesKept).toBeGreaterThan(ROUNDS)
})

async function hasTable(engine: EngineOverStore): Promise<boolean> {
  return (await engine.queryable.catalog()).tables.length > 0
}

interface Fates {
  acknowledged: Set<number>
  begun: Set<number>
  deleted: Set<number>
  deleting: Set<number>
}

/** Request r has rows at times 10 r and 10 r + 1; a delete takes one that was acknowledged. */
async function liveWithDeletes(store: FaultyStore, next: () => number, fates: Fates): Promise<void> {
  const running: Promise<void>[] = []
  const survive = (work: Promise<void>): void => {
    running.push(
      work.catch((error: unknown) => {
        if (!(error instanceof TidemarkError)) throw error
      }),
    )
  }
  try {
    const engine = await openOverStore(store)
    for (let step = 0; step < 24; step++) {
      const request = fates.begun.size
      fates.begun.add(request)
      const lines = `t,s=a a=1,b=1i ${10 * request}\nt,s=b a=2,b=1i ${10 * request + 1}`
      survive(engine.appendLines(lines).then(() => void fates.acknowledged.add(request)))
      const [victim] = [...fates.acknowledged].filter((one) => !fates.deleting.has(one))
      if (victim !== undefined && next() % 3 === 0) {
        fates.deleting.add(victim)
        const range = { ...everything, start: BigInt(10 * victim), end: BigInt(10 * victim + 2) }
        survive(Promise.resolve(engine.writer.delete(range)).then(() => void fates.deleted.add(victim)))
      }
      if (next() % 5 === 0) survive(Promise.resolve(engine.writer.flush()))
      if (next() % 9 === 0) survive(Promise.resolve(engine.writer.compact()))
      if (next() % 3 === 0) await Promise.all(running)
      for (let turns = next() % 8; turns > 0; turns--) await Promise.resolve()
    }
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
  }
  await Promise.all(running)
}
