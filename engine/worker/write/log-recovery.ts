import type { Kernel } from '../../kernel/kernel.ts'
import type { RecordedRows } from '../../storage/record.ts'
import type { Store } from '../../storage/store.ts'
import type { Tombstone } from '../../storage/tombstone.ts'
import type { Faults } from '../faults.ts'
import type { SegmentSet } from '../shard/segment-set.ts'
import type { Views } from '../view/views.ts'
import type { CommitOrder, SentRows } from './commit-order.ts'
import type { DefinitionChanges } from './definition-changes.ts'
import { replayLog } from './log-replay.ts'
import type { Producers } from './producers.ts'
import type { RowIntake } from './row-intake.ts'
import type { SeriesRegistry } from './series-registry.ts'

export interface LogRecoveryParts {
  store: Store
  kernel: Kernel
  segments: SegmentSet
  registry: SeriesRegistry
  intake: RowIntake
  changes: DefinitionChanges
  producers: Producers
  views: Views
  order: CommitOrder
  faults: Faults
  /** Makes rows visible. */
  apply(rows: RecordedRows): Promise<SentRows>
  delete(tombstone: Tombstone): Promise<void>
}

/** Brings back the rows of the log that no segment has. */
export async function recoverLog(parts: LogRecoveryParts): Promise<void> {
  const { segments, registry, intake, changes, producers, views, order, faults, kernel } = parts
  const { log } = parts.store
  const { logStart } = segments.manifest
  const { damage, nextNumber } = await replayLog(log, logStart, {
    kernel,
    target: {
      numbersOfKeys: (keys) => registry.numbersOfKeys(keys),
      declareTag: (table, tag) => intake.columns.addTag(table, tag),
      declareFields: (table, fields) => intake.columns.addFields(table, fields),
      apply: async (rows) => void (await (await parts.apply(rows)).visible),
      delete: (tombstone) => {
        // What a view has lost, and what was computed anew in its place, is not told apart here.
        views.lost(tombstone.table, tombstone)
        return parts.delete(tombstone)
      },
      define: (defined) => changes.apply(defined),
      committed: (producer) => producers.committed(producer, producer.time),
    },
  })
  for (const reason of damage) faults.report('log', reason)
  registry.startNumbersAt(nextNumber)
  views.shiftSeries(nextNumber)
  if (log.next < logStart) {
    const reason = `the log ends before record ${log.next}; records up to ${logStart} are in segments, later ones may be lost`
    faults.report('log', reason)
    await segments.moveLogStart(log.next)
  }
  order.replayed(log.next)
}
