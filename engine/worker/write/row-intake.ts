import { TidemarkError } from '../../core/errors.ts'
import type { Catalog } from '../../core/plan.ts'
import type { ResolvedRows, TableRows } from '../../core/rows.ts'
import { MAX_TIME } from '../../core/time.ts'
import { timeExtremes } from '../../core/time-extremes.ts'
import { Schemas } from '../../index/table-schema.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { unpackKeys } from '../../kernel/key-batch.ts'
import { LineParser, type ParseOptions } from '../../kernel/line-parser.ts'
import type { ParseResult } from '../../kernel/parse-result.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import { urgeCollector } from '../../kernel/urge-collector.ts'
import { type LoggedSeries, RecordRows } from '../../storage/record.ts'
import type { Pause } from './append-queue.ts'
import { fittingParts } from './column-rows.ts'
import { DeclaredColumns } from './declared-columns.ts'
import { HeldRows } from './held-rows.ts'
import { KeyNumbers, replacePlaces } from './key-numbers.ts'
import type { LineGroups } from './line-groups.ts'
import { RowGrouping } from './row-grouping.ts'
import type { SeriesRegistry } from './series-registry.ts'
import type { ViewGuard } from './view-guard.ts'
import type { WriteResult } from './write-result.ts'

/** What is parsed at once of a large append, a few milliseconds; others get a turn then. */
export const PIECE_BYTES: number = 1 << 20

/** Rows of text that are held at most for others of their series to come, and those of a piece. */
const MOST_HELD_ROWS = 1 << 17

/** More than small appends can have: in a pause later ones would overtake them. */
const PAUSE_ROWS = 1 << 15

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
  readonly #grouping: RowGrouping
  /** What is not parsed is told to these. */
  readonly columns: DeclaredColumns

  constructor({ kernel, registry, seed, buffers, guard }: RowIntakeParts) {
    this.#kernel = kernel
    this.#buffers = buffers
    this.#registry = registry
    this.#guard = guard
    this.#grouping = new RowGrouping({ kernel, hosts: registry, buffers })
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
    const held = new HeldRows()
    for (const piece of this.#parser.pieces(body, options, PIECE_BYTES)) {
      await this.#takePiece(piece, held, result)
      result.rows += piece.rows
      result.rejectedCount += piece.rejectedCount
      result.rejected.push(...piece.rejected)
      result.warnings = [...new Set([...result.warnings, ...piece.warnings])]
      if (held.rows >= MOST_HELD_ROWS) await this.#settle(held, rows, pause)
      if (body.length > PIECE_BYTES) await pause()
    }
    await this.#settle(held, rows, pause)
    result.newColumns = this.#schemas.version !== version
    return { rows, result }
  }

  /**
   * Rows by column, whose series are replaced. Throws `invalid` where a column does not fit the table or a time can be of no row,
   * and then nothing has changed.
   */
  async takeColumns(rows: ResolvedRows, pause: Pause): Promise<TakenRows> {
    const record = new RecordRows(this.#kernel, this.#buffers)
    const count = rows.parts.reduce((total, { time }) => total + time.length, 0)
    const result: WriteResult = { rows: count, rejectedCount: 0, rejected: [], warnings: [], newColumns: false }
    const parts = fittingParts(rows, this.#schemas)
    if (count === 0) return { rows: record, result }
    for (const { time } of parts) requireTimes(time)
    const numbers = await this.#registry.numbersOf(unpackKeys(rows.keys))
    const { version } = this.#schemas
    for (const name of rows.tags) this.columns.addTag(rows.table, name)
    this.columns.addFields(rows.table, parts[0]?.fields ?? [])
    const held = new HeldRows()
    for (const part of parts) {
      replacePlaces(part.series, numbers)
      this.#hold(part, held, result)
    }
    await this.#settle(held, record, pause)
    result.newColumns = this.#schemas.version !== version
    return { rows: record, result }
  }

  /**
   * Rows of text that are groups already; `undefined`, and nothing has changed, where the text has to be parsed here for what is
   * wrong with it.
   */
  async takeGroups({ rows, tables }: LineGroups): Promise<TakenRows | undefined> {
    if (this.#registry.quota.isLimited || !tables.every((each) => this.#fits(each))) return undefined
    const record = new RecordRows(this.#kernel, this.#buffers)
    const { version } = this.#schemas
    for (const { groups, tags, keys } of tables) {
      replacePlaces(groups.series, await this.#registry.numbersOf(unpackKeys(keys)))
      for (const tag of tags) this.columns.addTag(groups.table, tag)
      this.columns.addFields(groups.table, groups.fields)
      record.addGroups(groups)
    }
    const newColumns = this.#schemas.version !== version
    return { rows: record, result: { rows, rejectedCount: 0, rejected: [], warnings: [], newColumns } }
  }

  #fits({ groups: { table, fields }, tags }: LineGroups['tables'][number]): boolean {
    const isFitting =
      tags.every((tag) => this.#schemas.tagProblem(table, tag) === undefined) &&
      fields.every(({ name, type }) => this.#schemas.fieldProblem(table, name, type) === undefined)
    return isFitting && !this.#guard.isView(table)
  }

  /** Adds held rows to a record: as groups where they are better that way, which come first. */
  async #settle(held: HeldRows, record: RecordRows, pause: Pause): Promise<void> {
    const plain: TableRows[] = []
    for (const parts of held.take()) plain.push(...parts.slice(await this.#grouping.add(parts, record, pause)))
    let added = 0
    for (const rows of plain) {
      if (added >= PAUSE_ROWS) {
        await pause()
        added = 0
      }
      record.add(rows)
      added += rows.time.length
    }
  }

  async #takePiece(
    { tables, newKeys, newTags, firstKey }: ParseResult,
    held: HeldRows,
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
      this.#hold({ table, series: this.#keyNumbers.replace(keys), time, fields, memory }, held, result)
    }
  }

  /** Holds rows but for those of series that were refused. */
  #hold(rows: TableRows, held: HeldRows, result: WriteResult): void {
    const { quota } = this.#registry
    const kept = quota.isLimited ? quota.withoutRefused(rows, result) : rows
    if (kept) held.add(kept)
  }
}

/** Ranges of time are open at their end, so that no row can have the last nanosecond. */
function requireTimes(times: BigInt64Array): void {
  if (times.length === 0) return
  const [, greatest] = timeExtremes(times)
  if (greatest < MAX_TIME) return
  throw new TidemarkError('invalid', `a row cannot have the time ${MAX_TIME}, the last of all`)
}
