import { TidemarkError } from '../../engine/core/errors.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { generator } from './block-shapes.ts'
import { type EngineOverStore, openOverStore } from './engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from './faulty-store.ts'
import { rowsOf } from './plain-column.ts'

export interface Outcome {
  acknowledged: number
  segments: number
}

const MOST_OPERATIONS = 60
const LIVES = 2
const SERIES = 4

/**
 * Appends, flushes and compacts until the power fails at a random operation, twice on one disk, and checks after
 * each what the disk still has. A request is three rows of several series that share its number. Everything that happens
 * follows from the seed, which is in the message where a check fails.
 */
export async function powerCutRound(seed: number): Promise<Outcome> {
  const next = generator(seed)
  const acknowledged = new Set<number>()
  const begun = new Set<number>()
  let store: FaultyStore = openFaultyStore(seed, { powerFailsAt: next() % MOST_OPERATIONS })
  let segments = 0
  for (let life = 0; life < LIVES; life++) {
    await liveUntilPowerFails(store, { next, acknowledged, begun })
    const operations = store.operations
    store = store.crash({ powerFailsAt: operations + (next() % MOST_OPERATIONS) })
    // What is read has to be there before the next power failure, so it is read of a disk that has none.
    store = store.crash()
    const engine = await openOverStore(store)
    segments += (await engine.statistics()).segments
    await checkRequests(engine, { seed, acknowledged, begun })
    store = store.crash({ powerFailsAt: store.operations + (next() % MOST_OPERATIONS) })
  }
  return { acknowledged: acknowledged.size, segments }
}

interface Life {
  next: () => number
  acknowledged: Set<number>
  begun: Set<number>
}

async function liveUntilPowerFails(store: FaultyStore, { next, acknowledged, begun }: Life): Promise<void> {
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
      const request = begun.size
      begun.add(request)
      survive(engine.appendLines(requestLines(request)).then(() => void acknowledged.add(request)))
      if (next() % 5 === 0) survive(Promise.resolve(engine.writer.flush()))
      if (next() % 3 === 0) await Promise.all(running)
      for (let turns = next() % 8; turns > 0; turns--) await Promise.resolve()
    }
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
  }
  await Promise.all(running)
}

function requestLines(request: number): string {
  return [0, 1, 2]
    .map((row) => `t,s=${(request + row) % SERIES} request=${request}i,row=${row}i ${request * 3 + row}`)
    .join('\n')
}

interface Expected {
  seed: number
  acknowledged: ReadonlySet<number>
  begun: ReadonlySet<number>
}

async function checkRequests(engine: EngineOverStore, { seed, acknowledged, begun }: Expected): Promise<void> {
  const { quarantined } = await engine.statistics()
  if (quarantined.length > 0) throw new Error(`seed ${seed}: ${JSON.stringify(quarantined)}`)
  const rowsOfRequest = new Map<number, number>()
  const plan = { kind: 'rows', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, order: 'asc' } as const
  for await (const batch of engine.queryable.rows({ ...plan, tags: ['s'], fields: ['request', 'row'] })) {
    for (const [time, tag, request, row] of rowsOf(batch)) {
      const expected = [BigInt(Number(request) * 3 + Number(row)), String((Number(request) + Number(row)) % SERIES)]
      if (time !== expected[0] || tag !== expected[1])
        throw new Error(`seed ${seed}: row ${time} of ${tag} was invented`)
      rowsOfRequest.set(Number(request), (rowsOfRequest.get(Number(request)) ?? 0) + 1)
    }
  }
  for (const [request, rows] of rowsOfRequest) {
    if (rows !== 3) throw new Error(`seed ${seed}: request ${request} has ${rows} rows of 3`)
    if (!begun.has(request)) throw new Error(`seed ${seed}: request ${request} was invented`)
  }
  for (const request of acknowledged) {
    if (!rowsOfRequest.has(request)) throw new Error(`seed ${seed}: request ${request} was acknowledged and is lost`)
  }
}
