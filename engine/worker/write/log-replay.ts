import type { Column } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { decodeSeriesKey } from '../../core/series.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type KeyBatch, unpackKeys } from '../../kernel/key-batch.ts'
import { type DefinitionRecord, decodeDefinition, isDefinitionRecord } from '../../storage/definition.ts'
import type { LoggedProducer } from '../../storage/producer-state.ts'
import { decodeRecord, isDeleteRecord, type RecordedRows } from '../../storage/record.ts'
import type { LogPosition, LogStore } from '../../storage/store.ts'
import { decodeDelete, type Tombstone } from '../../storage/tombstone.ts'

/** Where replayed rows go. */
export interface ReplayTarget {
  numbersOfKeys(keys: KeyBatch): Promise<Uint32Array>
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
      const known = await target.numbersOfKeys(newSeries.keys)
      for (const [i, number] of newSeries.numbers.entries()) {
        numbers.set(number, known[i] as number)
        nextNumber = Math.max(nextNumber, number + 1)
      }
      declareTags(newSeries.keys, target)
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

/** Declares the tags of series; most have those of the one before. */
function declareTags(keys: KeyBatch, target: ReplayTarget): void {
  let last: Uint8Array | undefined
  for (const key of unpackKeys(keys)) {
    if (last && hasSameNames(key, last)) continue
    last = key
    const series = decodeSeriesKey(key)
    for (const [tag] of series?.tags ?? []) target.declareTag(series?.table ?? '', tag)
  }
}

/** Whether two canonical keys have the same table and the same tags. */
function hasSameNames(a: Uint8Array, b: Uint8Array): boolean {
  let [i, j] = [0, 0]
  for (let text = 0; i < a.length && j < b.length; text++) {
    const [aBytes, bBytes] = [lengthAt(a, i), lengthAt(b, j)]
    const isValue = text > 0 && text % 2 === 0
    if (!isValue) {
      if (aBytes !== bBytes) return false
      for (let at = 4; at < 4 + aBytes; at++) if (a[i + at] !== b[j + at]) return false
    }
    i += 4 + aBytes
    j += 4 + bBytes
  }
  return i === a.length && j === b.length
}

function lengthAt(key: Uint8Array, at: number): number {
  return (
    (key[at] as number) +
    (key[at + 1] as number) * 2 ** 8 +
    (key[at + 2] as number) * 2 ** 16 +
    (key[at + 3] as number) * 2 ** 24
  )
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
