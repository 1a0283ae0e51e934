import type { Column, ColumnType } from '../core/batch.ts'
import type { Expression } from '../core/expression.ts'
import type { ReadCounts } from '../core/read-counts.ts'
import type { Tags } from '../core/series.ts'
import { type BlockRun, isFullRun } from '../kernel/block-run.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { RowList } from '../kernel/row-list.ts'
import { ColumnScratch } from './column-scratch.ts'
import { evaluateFilter } from './evaluate.ts'
import { type FieldTest, fieldTests } from './field-tests.ts'
import { GroupFrame } from './group-frame.ts'
import { type GroupColumn, isBlock, type RowGroup, runOfBlock } from './row-group.ts'

/** Says which rows of groups pass a filter: in the core, where it is made of tests of values, else by its evaluation. */
export class RowFilter {
  readonly #filter: Expression | undefined
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #tests: readonly FieldTest[] | undefined
  readonly #list: RowList
  readonly #scratch: ColumnScratch

  /** `types` has the type of each field of the filter. */
  constructor(filter: Expression | undefined, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.#filter = filter
    this.#types = types
    this.#tests = filter ? fieldTests(filter) : []
    this.#list = new RowList(kernel.instance)
    this.#scratch = new ColumnScratch(kernel)
  }

  /** Whether it may throw for what values a row has. */
  get mayThrow(): boolean {
    return this.#tests === undefined
  }

  /**
   * The rows that pass, which rise and count from the first one of the first group. Of the groups, `RUN_BLOCKS` at most, each follows
   * the one before it.
   */
  passing(groups: readonly RowGroup[], tags: Tags, counts: ReadCounts): Uint32Array {
    const list = this.#list
    const runs = this.#tests?.map(({ field, test }) => fullRun(groups, field, test.type))
    if (runs === undefined || runs.includes(undefined)) return this.#evaluated(groups, tags, counts)
    list.clear()
    list.add(0, rowsOf(groups))
    this.#tests?.forEach(({ test }, i) => {
      const run = runs[i]
      if (run === undefined || list.count === 0) return
      counts.decodedBlocks += run.count
      list.keep(run, test)
    })
    return list.take()
  }

  #evaluated(groups: readonly RowGroup[], tags: Tags, counts: ReadCounts): Uint32Array {
    const decode = (column: GroupColumn, name: string): Column => {
      if (isBlock(column)) counts.decodedBlocks++
      return this.#scratch.decode(column, name)
    }
    // One more, since a row is put down before it is known whether it counts.
    const places = new Uint32Array(rowsOf(groups) + 1)
    let [count, firstRow] = [0, 0]
    for (const group of groups) {
      this.#scratch.reset()
      const frame = new GroupFrame(group, tags, this.#types, decode)
      const passes = evaluateFilter(this.#filter as Expression, frame)
      for (let row = 0; row < group.rows; row++) {
        places[count] = firstRow + row
        count += passes[row] as number
      }
      firstRow += group.rows
    }
    return places.slice(0, count)
  }
}

function rowsOf(groups: readonly RowGroup[]): number {
  let rows = 0
  for (const group of groups) rows += group.rows
  return rows
}

/** The blocks of a field of all groups, where each has one of a type with a value in every row. */
function fullRun(groups: readonly RowGroup[], field: string, type: ColumnType): BlockRun | undefined {
  const run = blocksOf(groups, field)
  return run && isFullRun(run, type) ? run : undefined
}

function blocksOf(groups: readonly RowGroup[], field: string): BlockRun | undefined {
  const [first] = groups
  if (first?.fieldBlocks) return first.fieldBlocks(field, groups.length)
  const column = groups.length === 1 ? first?.field(field) : undefined
  return column && isBlock(column) ? runOfBlock(column) : undefined
}
