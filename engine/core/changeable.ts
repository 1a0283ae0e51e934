import type { TableChange } from './definition.ts'
import type { FilePrecision } from './file-access.ts'
import type { Matcher } from './matcher.ts'
import type { ColumnRows, RejectedRow } from './rows.ts'
import type { TimeRange } from './time-window.ts'
import type { ViewDefinition } from './view.ts'

/** Rows of one table: of series that pass every matcher, with times in `[start, end)`. */
export interface SelectedRows {
  table: string
  matchers: readonly Matcher[]
  start: bigint
  end: bigint
}

export interface WrittenRows {
  rows: number
  rejectedCount: number
  /** The first of those that were rejected. */
  rejected: readonly RejectedRow[]
}

/** What a refresh changed of a view. */
export interface RefreshedRows {
  written: number
  /** Rows of windows and groups that have no rows any more. */
  removed: number
}

/** What statements do to views. All is durable when it resolves. */
export interface ViewChanges {
  /** Throws `invalid` where the name is that of a table. */
  create(definition: ViewDefinition): Promise<void>
  /** Replaces the definition of a view by another one with the same query. */
  alter(definition: ViewDefinition): Promise<void>
  drop(name: string): Promise<void>
  /**
   * Computes the stale windows of a view, of all groups in a range where one is given, whether stale or not. Resolves when the
   * view agrees with the rows that were visible at the call.
   */
  refresh(name: string, within?: TimeRange): Promise<RefreshedRows>
}

/** Something that rows can be written to and deleted from, beside a `Queryable` that reads them. */
export interface Changeable {
  /** Stores rows, all of one call together, and resolves once they are durable and visible. */
  append(rows: ColumnRows): Promise<WrittenRows>
  /** The same of line protocol. */
  appendLines(lines: Uint8Array, precision: FilePrecision): Promise<WrittenRows>
  /** Deletes rows that were committed before; durable and in effect when it resolves. */
  delete(rows: SelectedRows): Promise<void>
  /**
   * Changes what statements say of a table; durable and in force when it resolves, with whether there was anything to change. Throws
   * `invalid` where the change cannot be.
   */
  changeTable(table: string, change: TableChange): Promise<boolean>
  /**
   * Defines a view by JSON that the store keeps and does not read, in place of an earlier definition; without one its name is free
   * again. Durable when it resolves; `Catalog.views` has it then. Throws `quota` where there are too many.
   */
  defineView(name: string, definition?: string): Promise<void>
  /** Absent where there can be no views. */
  views?: ViewChanges
}
