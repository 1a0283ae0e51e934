import type { Column } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { decodeSeriesKey } from '../../core/series.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type DefinitionRecord, decodeDefinition, isDefinitionRecord } from '../../storage/definition.ts'
import type { LoggedProducer } from '../../storage/producer-state.ts'
import { decodeRecord, isDeleteRecord, type RecordedRows } from '../../storage/record.ts'
import type { LogPosition, LogStore } from '../../storage/store.ts'
import { decodeDelete, type Tombstone } from '../../storage/tombstone.ts'

/** Where replayed rows go. */
export interface ReplayTarget {
  numbersOfKeys(keys: readonly Uint8Array[]): Promise<Uint32Array>
  declareTag(table: string, tag: string): void
  declareFields(table: string, fields: readonly Column[]): void
  /** `series` holds numbers that `numbersOfKeys` gave. */
  apply(rows: RecordedRows): Promise<void>
  delete(tombstone: Tombstone): Promise<void>
  define(defined: DefinitionRecord): Promise<void>
  /** A request of the producer was applied. */
  committed(producer: LoggedProducer): void
}

export interface ReplayResult {
  /** Every lost record or row, as a sentence. */
  damage: readonly string[]
  /** Above every series number that the log uses. */
  nextNumber: number
}

/**
 * Brings back the rows of a log from a position on. Records that cannot be read are reported and left out, and so are those
 * with series whose keys only lost records had. Throws `corrupt` where the log begins after the position.
 */
export async function replayLog(
  log: LogStore,
  from: LogPosition,
  { kernel, target }: { kernel: Kernel; target: ReplayTarget },
): Promise<ReplayResult> {
  const damage: string[] = []
  /** The target's number by the log's. */
  const numbers = new Map<number, number>()
  let nextNumber = 0
  let expected = from
  await log.replay(
    async (bytes, position) => {
      if (position < from) return
      checkStart(position, expected, damage)
      expected = position + 1
      if (isDeleteRecord(bytes)) return target.delete(decodeDelete(bytes))
      if (isDefinitionRecord(bytes)) return target.define(decodeDefinition(bytes))
      const { newSeries, tables, producer } = decodeRecord(bytes, kernel)
      const known = await target.numbersOfKeys(newSeries.map(({ key }) => key))
      for (const [i, { number, key }] of newSeries.entries()) {
        numbers.set(number, known[i] as number)
        nextNumber = Math.max(nextNumber, number + 1)
        const series = decodeSeriesKey(key)
        for (const [tag] of series?.tags ?? []) target.declareTag(series?.table ?? '', tag)
      }
      if (!tables.every(({ series }) => series.every((number) => numbers.has(number)))) {
        damage.push(`record ${position} of the log has rows of series that only lost records name`)
        return
      }
      for (const { table, fields } of tables) target.declareFields(table, fields)
      const numbered = tables.map((rows) => ({ ...rows, series: rows.series.map((n) => numbers.get(n) as number) }))
      await target.apply({ groups: [], tables: numbered })
      if (producer) target.committed(producer)
    },
    ({ message }) => damage.push(message),
  )
  checkStart(log.next, expected, damage)
  return { damage, nextNumber }
}

/** Lost records are reported; where none was and some are missing, the manifest is not the one of this log. */
function checkStart(position: LogPosition, expected: LogPosition, damage: readonly string[]): void {
  if (position <= expected || damage.length > 0) return
  throw new TidemarkError(
    'corrupt',
    `the log goes on at record ${position}, the manifest wants it from ${expected} on`,
    {
      hint: 'The manifest is missing or older than the log. Restore it from a backup, or move the store away and start anew.',
    },
  )
}
