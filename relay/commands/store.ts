import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { TidemarkError } from '../../engine/core/errors.ts'
import {
  type Engine,
  openEngine,
  type RollupRule,
  type SeriesLimits,
  type SpaceLimit,
  type StoreStatistics,
} from '../../engine/engine.ts'
import { HOST_RETENTION_MS } from '../host-metrics.ts'
import { type ColdFlags, tiersOf } from './cold-tier.ts'

/** One core is left to the thread that speaks HTTP; more than this many workers wait for the disk. */
const MAX_WORKERS = 4

/** What a command may ask of its store besides the folder. */
export interface StoreFlags extends ColdFlags {
  workers?: number
  retention?: Readonly<Record<string, number>>
  rollup?: Readonly<Record<string, readonly RollupRule[]>>
  maxSeries?: SeriesLimits
  /** Bytes that segments and log may take, and tables whose oldest rows may go. */
  maxBytes?: number
  evictable?: readonly string[]
  /** Bytes of answers that are kept. */
  answerCache?: number
}

/** Opens the data folder of a command. */
export async function openStore(data: string, flags: StoreFlags = {}): Promise<Engine> {
  const directory = resolve(data)
  const tiers = tiersOf(flags, process.env)
  try {
    return await openEngine({
      store: { kind: 'files', directory },
      workers: flags.workers ?? defaultWorkers(),
      retentionMs: { 'host_*': HOST_RETENTION_MS, ...flags.retention },
      rollups: flags.rollup ?? {},
      ...(flags.answerCache !== undefined && { answerCacheBytes: flags.answerCache }),
      ...(flags.maxSeries && { maxSeries: flags.maxSeries }),
      ...spaceOf(flags),
      ...(tiers && { tiers }),
    })
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.kind !== 'locked') throw error
    const message = `the data folder ${directory} is in use by another process; stop it, choose another folder with --data, or ask it with --url`
    throw new TidemarkError('locked', message, { cause: error })
  }
}

/** Says what of a store is damaged and left out of answers, or was tried in vain: else they would look whole. */
export function tellFaults(quarantined: StoreStatistics['quarantined'], say: (line: string) => void): void {
  for (const { name, reason } of quarantined)
    say(`the store has a fault, and answers may lack rows: ${name}: ${reason}`)
}

/** Throws `invalid` where tables may go and nothing says when. */
function spaceOf({ maxBytes, evictable = [] }: StoreFlags): { space?: SpaceLimit } {
  if (maxBytes !== undefined) return { space: { maxBytes, evictable } }
  if (evictable.length === 0) return {}
  throw new TidemarkError('invalid', '--evictable needs --max-bytes: without it nothing has to go')
}

function defaultWorkers(): number {
  return Math.max(1, Math.min(MAX_WORKERS, availableParallelism() - 1))
}
