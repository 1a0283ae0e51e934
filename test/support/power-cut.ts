import { TidemarkError } from '../../engine/core/errors.ts'
import { generator } from './block-shapes.ts'
import { type EngineOverStore, openOverStore } from './engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from './faulty-store.ts'
import { checkRequests, requestLines } from './numbered-requests.ts'

export interface Outcome {
  acknowledged: number
  segments: number
}

const MOST_OPERATIONS = 60
const LIVES = 2

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
    const dead = await liveUntilPowerFails(store, { next, acknowledged, begun })
    // What is there is read of a disk whose power does not fail.
    store = store.crash()
    await bury(dead)
    const engine = await openOverStore(store)
    segments += (await engine.statistics()).segments
    const { quarantined } = await engine.statistics()
    if (quarantined.length > 0) throw new Error(`seed ${seed}: ${JSON.stringify(quarantined)}`)
    await checkRequests(engine.queryable, { acknowledged, wasBegun: (request) => begun.has(request) }).catch(
      (cause) => {
        throw new Error(`seed ${seed}`, { cause })
      },
    )
    store = store.crash({ powerFailsAt: store.operations + (next() % MOST_OPERATIONS) })
    await bury(engine)
  }
  return { acknowledged: acknowledged.size, segments }
}

interface Life {
  next: () => number
  acknowledged: Set<number>
  begun: Set<number>
}

/** Ends the timers of an engine whose disk has gone, so that its memory does too. */
export async function bury(engine: EngineOverStore | undefined): Promise<void> {
  await Promise.allSettled([engine?.close()])
}

/** Resolves with the engine, where it could be opened. */
async function liveUntilPowerFails(
  store: FaultyStore,
  { next, acknowledged, begun }: Life,
): Promise<EngineOverStore | undefined> {
  const running: Promise<void>[] = []
  const survive = (work: Promise<void>): void => {
    running.push(
      work.catch((error: unknown) => {
        if (!(error instanceof TidemarkError)) throw error
      }),
    )
  }
  let engine: EngineOverStore | undefined
  try {
    engine = await openOverStore(store)
    for (let step = 0; step < 24; step++) {
      const request = begun.size
      begun.add(request)
      survive(engine.appendLines(requestLines(request)).then(() => void acknowledged.add(request)))
      if (next() % 5 === 0) survive(Promise.resolve(engine.writer.flush()))
      if (next() % 9 === 0) survive(Promise.resolve(engine.writer.compact()))
      if (next() % 3 === 0) await Promise.all(running)
      for (let turns = next() % 8; turns > 0; turns--) await Promise.resolve()
    }
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
  }
  await Promise.all(running)
  return engine
}
