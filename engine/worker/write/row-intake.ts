import { TidemarkError } from '../../core/errors.ts'
import type { Catalog } from '../../core/plan.ts'
import { type ResolvedRows, sliceRows, type TableGroups, type TableRows } from '../../core/rows.ts'
import { MAX_TIME } from '../../core/time.ts'
import { timeExtremes } from '../../core/time-extremes.ts'
import { Schemas } from '../../index/table-schema.ts'
import type { GroupEncoder } from '../../kernel/group-encoder.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { unpackKeys } from '../../kernel/key-batch.ts'
import { LineParser, type ParseOptions } from '../../kernel/line-parser.ts'
import type { ParseResult } from '../../kernel/parse-result.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import { urgeCollector } from '../../kernel/urge-collector.ts'
import { rowsOfGroups } from '../../storage/group-record.ts'
import { type LoggedSeries, RecordRows } from '../../storage/record.ts'
import { rowsInGroups, spanOfGroups } from '../../storage/table-groups.ts'
import type { Pause } from './append-queue.ts'
import { fittingParts, groupsFit, LEAST_GROUPED_PARTS, PART_ROWS } from './column-rows.ts'
import { DeclaredColumns } from './declared-columns.ts'
import { KeyNumbers, replacePlaces } from './key-numbers.ts'
import type { SeriesRegistry } from './series-registry.ts'
import type { ViewGuard } from './view-guard.ts'
import type { WriteResult } from './write-result.ts'

/** What is parsed at once of a large append, a few milliseconds; others get a turn then. */
export const PIECE_BYTES: number = 1 << 20

/** The parser's memory is let go when nothing comes where it is larger: 100,000 keys are known again within half a second. */
const LARGE_PARSER_BYTES = 32 << 20

/** Rows that are ready for the log, and what to answer once they are visible. */
export interface TakenRows {
  rows: RecordRows
  result: WriteResult
}

export interface RowIntakeParts {
  kernel: Kernel
  registry: SeriesRegistry
  /** Of the parser's hash tables. */
  seed: readonly [bigint, bigint]
  /** Where the memory of parsed rows comes from. */
  buffers: RowBuffers
  guard: ViewGuard
}

/** Rows with the keys that the log has to name with them. */
export interface NamedRows {
  rows: RecordRows
  newSeries: LoggedSeries
}

/** Makes rows for the log of what programs append: parses it, checks it against the tables, numbers its series. */
export class RowIntake {
  readonly #kernel: Kernel
  readonly #buffers: RowBuffers
  readonly #registry: SeriesRegistry
  readonly #schemas = new Schemas()
  readonly #parser: LineParser
  readonly #keyNumbers = new KeyNumbers()
  readonly #guard: ViewGuard
  /** Loaded when it is first needed. */
  #groups: GroupEncoder | undefined
  /** What is not parsed is told to these. */
  readonly columns: DeclaredColumns

  constructor({ kernel, registry, seed, buffers, guard }: RowIntakeParts) {
    this.#kernel = kernel
    this.#buffers = buffers
    this.#registry = registry
    this.#guard = guard
    this.#parser = new LineParser(kernel, { seed, buffers })
    this.columns = new DeclaredColumns(this.#schemas, this.#parser)
  }

  /** Asks for the numbers of all series again when their rows come. No body is being parsed. */
  forgetKeys(): void {
    this.#parser.forgetKeys()
  }

  /** Gives up the parser's memory where that is large and no body is being parsed: keys that come again are told as new. */
  async rest(): Promise<void> {
    const { size } = this.#parser
    if (size < LARGE_PARSER_BYTES || !this.#parser.renew()) return
    this.columns.declareAll()
    this.#keyNumbers.clear()
    await urgeCollector(size)
  }

  catalog(): Catalog {
    return this.#schemas.catalog()
  }

  /** The valid rows of line protocol. Between pieces of a long body others have a turn. */
  async takeLines(body: Uint8Array, options: ParseOptions, pause: Pause): Promise<TakenRows> {
    const rows = new RecordRows(this.#kernel, this.#buffers)
    const { version } = this.#schemas
    const result: WriteResult = { rows: 0, rejectedCount: 0, rejected: [], warnings: [], newColumns: false }
    for (const piece of this.#parser.pieces(withoutMark(body), options, PIECE_BYTES)) {
      await this.#takePiece(piece, rows, result)
      result.rows += piece.rows
      result.rejectedCount += piece.rejectedCount
      result.rejected.push(...piece.rejected)
      result.warnings = [...new Set([...result.warnings, ...piece.warnings])]
      if (body.length > PIECE_BYTES) await pause()
    }
    result.newColumns = this.#schemas.version !== version
    return { rows, result }
  }

  /**
   * Rows by column, whose series are replaced. Throws `invalid` where a column does not fit the table or a time can be of no row,
   * and then nothing has changed.
   */
  async takeColumns(given: ResolvedRows, pause: Pause): Promise<TakenRows> {
    const record = new RecordRows(this.#kernel, this.#buffers)
    const rows = this.#fitting(given)
    const { groups, parts } = rows
    const count =
      parts.reduce((total, { time }) => total + time.length, 0) +
      groups.reduce((total, each) => total + rowsInGroups(each), 0)
    const result: WriteResult = { rows: count, rejectedCount: 0, rejected: [], warnings: [], newColumns: false }
    if (count === 0) return { rows: record, result }
    for (const each of groups) requireTime(spanOfGroups(each).end - 1n)
    for (const { time } of parts) if (time.length > 0) requireTime(timeExtremes(time)[1])
    const numbers = await this.#registry.numbersOf(unpackKeys(rows.keys))
    const { version } = this.#schemas
    for (const name of rows.tags) this.columns.addTag(rows.table, name)
    this.columns.addFields(rows.table, (groups[0] ?? parts[0])?.fields ?? [])
    for (const each of groups) this.#addGroups(each, numbers, record)
    const grouped = groups.length > 0 ? 0 : await this.#groupParts(parts, numbers, record, pause)
    for (const part of parts.slice(grouped)) {
      if (part !== parts[0]) await pause()
      replacePlaces(part.series, numbers)
      this.#add(part, record, result)
    }
    result.newColumns = this.#schemas.version !== version
    return { rows: record, result }
  }

  /** Rows as their table has them. Groups become rows again where it has other types, or rows may be refused one by one. */
  #fitting(rows: ResolvedRows): ResolvedRows {
    const fits = groupsFit(rows, this.#schemas)
    if (fits && (rows.groups.length === 0 || this.#registry.quota === undefined)) {
      return { ...rows, parts: fittingParts(rows, this.#schemas) }
    }
    const first = rows.groups.flatMap((groups) => sliceRows(rowsOfGroups(groups, this.#kernel), PART_ROWS))
    const parts = fittingParts({ ...rows, parts: [...first, ...rows.parts] }, this.#schemas)
    return { ...rows, groups: [], parts }
  }

  /** Adds the first parts as groups, as far as they are better that way; returns how many. Their memory is free then. */
  async #groupParts(
    parts: readonly TableRows[],
    numbers: Uint32Array,
    record: RecordRows,
    pause: Pause,
  ): Promise<number> {
    if (this.#registry.quota !== undefined || parts.length < LEAST_GROUPED_PARTS) return 0
    const [{ GroupEncoder }, { groupedParts }] = await Promise.all([
      import('../../kernel/group-encoder.ts'),
      import('./grouped-parts.ts'),
    ])
    this.#groups ??= new GroupEncoder(this.#kernel)
    let done = 0
    for (const { groups, parts: some } of groupedParts(this.#groups, parts, numbers.length)) {
      this.#addGroups(groups, numbers, record)
      for (const { memory } of some) if (memory) this.#buffers.give(memory)
      done += some.length
      if (done < parts.length) await pause()
    }
    return done
  }

  #addGroups(groups: TableGroups, numbers: Uint32Array, record: RecordRows): void {
    replacePlaces(groups.series, numbers)
    record.addGroups(groups)
  }

  async #takePiece(
    { tables, newKeys, newTags, firstKey }: ParseResult,
    rows: RecordRows,
    result: WriteResult,
  ): Promise<void> {
    for (const { table, tag } of newTags) if (!this.#guard.isView(table)) this.#schemas.addTag(table, tag)
    this.#keyNumbers.forgetBefore(firstKey)
    if (newKeys.keys.ends.length > 0) {
      const numbers = await this.#registry.admitKeys(newKeys.keys, newKeys.hashes)
      this.#keyNumbers.setAll(newKeys.first, numbers)
    }
    for (const { table, keys, time, fields, memory } of tables) {
      if (this.#guard.isView(table)) {
        this.#guard.reject({ table, series: keys, time, fields }, result)
        this.#buffers.give(memory)
        continue
      }
      for (const { name, type } of fields) if (type !== 'time') this.#schemas.addField(table, name, type)
      this.#add({ table, series: this.#keyNumbers.replace(keys), time, fields, memory }, rows, result)
    }
  }

  /** Adds rows but for those of series that were refused. */
  #add(rows: TableRows, record: RecordRows, result: WriteResult): void {
    const { quota } = this.#registry
    const kept = quota === undefined ? rows : quota.withoutRefused(rows, result)
    if (kept) record.add(kept)
  }
}

/** Ranges of time are open at their end, so that no row can have the last nanosecond. */
function requireTime(greatest: bigint): void {
  if (greatest < MAX_TIME) return
  throw new TidemarkError('invalid', `a row cannot have the time ${MAX_TIME}, the last of all`)
}

/** Text without the byte order mark that editors of Windows begin a file with: it would be a part of the first table's name. */
function withoutMark(text: Uint8Array): Uint8Array {
  return text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text
}
