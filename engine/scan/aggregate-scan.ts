import { NO_CELL } from '../aggregate/accumulator.ts'
import { StateBudget } from '../aggregate/state-budget.ts'
import { stateType } from '../aggregate/states.ts'
import type { Column } from '../core/batch.ts'
import { type Expression, expressionType } from '../core/expression.ts'
import { earliestRead } from '../core/look-back.ts'
import type { AggregateInput, AggregatePlan, PartialAggregate } from '../core/plan.ts'
import { ROLLUP_ROWS, rollupField } from '../core/rollup.ts'
import type { Tags } from '../core/series.ts'
import { type BlockRun, RUN_BLOCKS } from '../kernel/block-run.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { SLOT, STATE_SLOTS } from '../kernel/span-state.ts'
import { AccumulatorCells, cellsOfRows } from './accumulator-cells.ts'
import type { SeriesGroups } from './cell-groups.ts'
import { Cells } from './cells.ts'
import { evaluateFilter, evaluateValue } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { hasHeaderState, readHeaderState } from './header-state.ts'
import { InputCells, type StateViews } from './input-cells.ts'
import { decodeColumn, orderGroups } from './merge-groups.ts'
import { orderedTexts, recodeTexts } from './ordered-texts.ts'
import { mayPass } from './prune.ts'
import { partsOf, readRowCounts, readStates } from './rollup-states.ts'
import { type Block, type GroupSource, isBlock, type RowGroup, runOfBlock } from './row-group.ts'
import { freeUse, GROUPS_A_TURN, type ScanUse } from './scan-use.ts'
import { windowCount, windowStart, windowStarts } from './windows.ts'

/** For no more cells than these is there room from the beginning, since windows may be empty. */
const MOST_EXPECTED_CELLS = 4096

/** An aggregate input with its state in every cell. */
interface Input {
  /** The field, where the input is nothing but one; then blocks are aggregated without decoding them first. */
  field: string | undefined
  expression: Expression | undefined
  cells: InputCells
}

/** A series, whose tags few plans ask for. */
interface Tagged {
  readonly tags: Tags
}

/** Groups of one series on their way into cells. */
interface Addition {
  group: number
  series: Tagged
  /** Groups that follow one another, to be added together. */
  run: RowGroup[]
}

/** Runs an aggregate plan over the series of one host. */
export class AggregateScan {
  readonly #plan: AggregatePlan
  readonly #kernel: Kernel
  readonly #budget: StateBudget
  readonly #decode: ColumnDecoder
  readonly #fields: readonly string[]
  readonly #types: ReturnType<typeof fieldTypes>
  readonly #inputs: readonly Input[]
  readonly #accumulators: AccumulatorCells | undefined
  readonly #groups: SeriesGroups
  readonly #cells: Cells
  #rows = new Float64Array(64)
  #use = freeUse()
  #cellsOfSpans = new Uint32Array()
  /** What a cell takes, with its state of every input. */
  readonly #cellBytes: number
  /** Start of the window that has number 0. */
  readonly #base: bigint
  readonly #width: bigint
  /** Whether every input is a field whose blocks are aggregated as they are, so that groups can be added together. */
  readonly #readsRuns: boolean
  /** One span's state, made here from a block's header. */
  readonly #headerState: StateViews

  /** `groups` are those of every series that will be added. The scans of one query share a `budget`. */
  constructor(plan: AggregatePlan, groups: SeriesGroups, kernel: Kernel, budget: StateBudget = new StateBudget()) {
    this.#plan = plan
    this.#kernel = kernel
    this.#budget = budget
    this.#decode = (column, name) => {
      if (isBlock(column)) this.#use.counts.decodedBlocks++
      return decodeColumn(column, name, kernel)
    }
    const accumulated = (plan.accumulators ?? []).flatMap(({ inputs }) => inputs)
    const expressions = [plan.filter, ...plan.inputs.map((input) => input.expression), ...accumulated]
    this.#types = fieldTypes(expressions)
    this.#width = plan.window?.width ?? 0n
    this.#base = plan.window ? windowStart(plan.start, plan.window.origin, this.#width) : plan.start
    if (accumulated.length > 0) this.#accumulators = new AccumulatorCells(plan, budget)
    this.#groups = groups
    const count = groups.values.length
    const windows = windowCount(this.#base, plan.end, this.#width)
    this.#cells = new Cells(count, windows)
    const expectedCells = Math.min(count * windows, MOST_EXPECTED_CELLS)
    this.#inputs = plan.inputs.map((input) => openInput(input, expectedCells))
    this.#cellBytes = 8 + this.#inputs.reduce((bytes, { cells }) => bytes + stateBytes(cells), 0)
    this.#fields = plan.rollup === undefined ? fieldNames(expressions) : rollupFields(this.#inputs)
    this.#readsRuns =
      this.#accumulators === undefined &&
      this.#inputs.every(
        ({ field, expression, cells }) => !expression || (field !== undefined && cells.type !== 'string'),
      )
    const bytes = new ArrayBuffer(STATE_SLOTS * 8)
    this.#headerState = { f64: new Float64Array(bytes), i64: new BigInt64Array(bytes) }
  }

  async run(source: GroupSource, refs: Uint32Array, use: ScanUse = freeUse()): Promise<PartialAggregate> {
    this.#use = use
    const range = { start: earliestRead(this.#plan), end: this.#plan.end }
    let place = 0
    for await (const part of source.read(refs, this.#fields, range, use)) {
      // Another scan may have used the kernel while this one waited for bytes.
      this.#setWindows()
      for (const series of part) {
        // Series that were forgotten meanwhile do not come.
        while (place < refs.length && refs[place] !== series.ref) place++
        if (place === refs.length) throw new Error('a series came that was not announced')
        const addition: Addition = { group: this.#groups.numbers[place] as number, series, run: [] }
        const ordered = orderGroups(series.groups, this.#fields, this.#kernel)
        for (let from = 0; from < ordered.length; from += GROUPS_A_TURN) {
          const some = ordered.length <= GROUPS_A_TURN ? ordered : ordered.slice(from, from + GROUPS_A_TURN)
          const turn = use.turn(some.length)
          if (turn) {
            await turn
            this.#setWindows()
          }
          this.#addGroups(addition, some)
        }
        this.#addSpans(addition.group, addition.run, series)
        this.#accumulators?.endSeries()
      }
    }
    return this.finish()
  }

  /** Adds rows at once, without a turn for others: groups of rows of one series, or of several that have the same group in the answer. */
  add(series: Tagged, group: number, groups: readonly RowGroup[]): void {
    this.#setWindows()
    const addition: Addition = { group, series, run: [] }
    this.#addGroups(addition, groups)
    this.#addSpans(group, addition.run, series)
  }

  #setWindows(): void {
    const { start, end } = this.#plan
    this.#kernel.setWindows(this.#width === 0n ? 0n : this.#base, this.#width, start, end)
  }

  #addGroups(addition: Addition, groups: readonly RowGroup[]): void {
    const { group, series } = addition
    const { start, end, filter } = this.#plan
    const { counts } = this.#use
    for (const rows of groups) {
      if (rows.minTime >= end) continue
      if (rows.maxTime < start) {
        if (filter === undefined || mayPass(filter, rows)) this.#addEarlier(rows, series)
        continue
      }
      if (this.#plan.rollup !== undefined) this.#addWindows(group, rows)
      else if (filter) {
        if (mayPass(filter, rows)) this.#addFiltered(group, rows, series)
        else counts.skippedGroups++
      } else if (this.#addHeaders(group, rows)) counts.headerGroups++
      else {
        const { run } = addition
        const last = run[run.length - 1]
        const goesOn = last && this.#readsRuns && run.length < RUN_BLOCKS && rows.follows?.(last) === true
        if (!goesOn) {
          this.#addSpans(group, run, series)
          addition.run = []
        }
        addition.run.push(rows)
      }
    }
  }

  /** Shows rows before the range to accumulators that go on from them. */
  #addEarlier(rows: RowGroup, series: Tagged): void {
    if (!this.#accumulators?.ordered) return
    const frame = new GroupFrame(rows, series.tags, this.#types, this.#decode)
    const passes = this.#plan.filter && evaluateFilter(this.#plan.filter, frame)
    this.#accumulators.add(frame, new Uint32Array(rows.rows).fill(NO_CELL), passes)
  }

  /** Adds a group that lies in one window from its blocks' headers, or returns false where they do not suffice. */
  #addHeaders(group: number, rows: RowGroup): boolean {
    if (this.#accumulators) return false
    if (rows.minTime < this.#plan.start || rows.maxTime >= this.#plan.end) return false
    if (this.#width !== 0n && rows.maxTime - rows.minTime >= this.#width) return false
    const window = this.#windowOf(rows.minTime)
    if (this.#windowOf(rows.maxTime) !== window) return false
    const columns: (Block | undefined)[] = []
    for (const { field, expression, cells } of this.#inputs) {
      const column = field === undefined ? undefined : rows.field(field)
      if ((field === undefined && expression) || (column && !hasHeaderState(column, cells))) return false
      columns.push(column && isBlock(column) ? column : undefined)
    }
    const cell = this.#countRows(group, window, rows.rows)
    for (let i = 0; i < columns.length; i++) {
      const block = columns[i]
      if (block === undefined) continue
      readHeaderState(block, rows, this.#headerState)
      this.#inputs[i]?.cells.add(cell, this.#headerState, 0)
    }
    return true
  }

  /** Adds groups of which each follows the one before. */
  #addSpans(group: number, run: readonly RowGroup[], series: Tagged): void {
    const rows = run[0]
    if (rows === undefined) return
    const kernel = this.#kernel
    const count = this.#loadSpans(rows, run.length)
    if (count === 0) {
      this.#addEarlier(rows, series)
      return
    }
    // Views and arrays are not made for each series: they cost more than its few windows.
    if (this.#cellsOfSpans.length !== count) this.#cellsOfSpans = new Uint32Array(count)
    const cells = this.#cellsOfSpans
    const words = kernel.instance.i32
    for (let i = 0, at = kernel.spansAt; i < count; i++, at += 3) {
      const rowsInSpan = (words[at + 1] as number) - (words[at] as number)
      cells[i] = this.#countRows(group, words[at + 2] as number, rowsInSpan)
    }
    let known: GroupFrame | undefined
    const frame = (): GroupFrame => {
      known ??= new GroupFrame(rows, series.tags, this.#types, this.#decode)
      return known
    }
    this.#accumulators?.add(frame(), cellsOfRows(cells, kernel.spans, rows.rows), undefined)
    for (const input of this.#inputs) {
      if (input.expression === undefined) continue
      const blocks = this.#blocksOf(input, rows, run.length)
      if (blocks) {
        this.#use.counts.encodedBlocks += run.length
        kernel.aggregateBlocks(blocks, input.cells.mask)
        this.#addStates(input, cells, undefined)
        continue
      }
      const { field, expression } = input
      const isThere = field === undefined || rows.field(field) !== undefined
      const column = field === undefined ? evaluateValue(expression, frame()) : frame().column(field, 'field')
      if (isThere) this.#addValues(input, column, cells, undefined)
    }
  }

  /** The blocks of an input that can be aggregated as they are. */
  #blocksOf({ field, cells }: Input, rows: RowGroup, count: number): BlockRun | undefined {
    if (field === undefined || cells.type === 'string') return undefined
    if (rows.fieldBlocks) return rows.fieldBlocks(field, count)
    const column = rows.field(field)
    return column && isBlock(column) ? runOfBlock(column) : undefined
  }

  /** Adds rows of a rollup, each the states of one window of it. */
  #addWindows(group: number, rows: RowGroup): void {
    const count = this.#loadSpans(rows, 1)
    const spans = this.#kernel.spans.slice(0, 3 * count)
    const rowCounts = readRowCounts(rows, this.#decode)
    const states = this.#inputs.map(({ field, cells }) =>
      field === undefined ? undefined : readStates(rows, { field, parts: partsOf(cells), decode: this.#decode }),
    )
    for (let i = 0; i < count; i++) {
      for (let row = spans[3 * i] as number; row < (spans[3 * i + 1] as number); row++) {
        const cell = this.#countRows(group, spans[3 * i + 2] as number, rowCounts[row] as number)
        for (let k = 0; k < states.length; k++) {
          const views = states[k]
          if (views) this.#inputs[k]?.cells.add(cell, views, row * STATE_SLOTS)
        }
      }
    }
  }

  #addFiltered(group: number, rows: RowGroup, series: Tagged): void {
    const kernel = this.#kernel
    const frame = new GroupFrame(rows, series.tags, this.#types, this.#decode)
    const passes = evaluateFilter(this.#plan.filter as Expression, frame)
    const selection = bitmapOf(passes)
    const count = this.#loadSpans(rows, 1)
    kernel.countRows(selection)
    const spans = kernel.spans
    const states = kernel.states
    const cells = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const passing = states[i * STATE_SLOTS + SLOT.count] as number
      cells[i] = passing === 0 ? NO_CELL : this.#countRows(group, spans[3 * i + 2] as number, passing)
    }
    if (this.#accumulators) this.#accumulators.add(frame, cellsOfRows(cells, spans, rows.rows), passes)
    if (cells.every((cell) => cell === NO_CELL)) return
    for (const input of this.#inputs) {
      if (input.expression) this.#addValues(input, evaluateValue(input.expression, frame), cells, selection)
    }
  }

  /** Makes the spans of a group and of those that follow it, `count` in all. */
  #loadSpans(rows: RowGroup, count: number): number {
    if (rows.timeBlocks) return this.#kernel.spansOfBlocks(rows.timeBlocks(count))
    const { time } = rows
    return isBlock(time)
      ? this.#kernel.spansOfBlocks(runOfBlock(time))
      : this.#kernel.spansOfTimes(time.values, 0, rows.rows)
  }

  #addValues(input: Input, column: Column, cells: Uint32Array, selection: Uint8Array | undefined): void {
    const values = column.type === 'string' ? orderedTexts(column) : column
    this.#kernel.aggregateValues(values, 0, values.values.length, selection, input.cells.mask)
    this.#addStates(input, cells, values.type === 'string' ? values.dictionary : undefined)
  }

  /** Adds the kernel's states of the current spans to their cells. */
  #addStates(input: Input, cells: Uint32Array, dictionary: readonly string[] | undefined): void {
    const { f64, i64 } = this.#kernel.instance
    const views = { f64, i64 }
    const first = this.#kernel.statesAt
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as number
      if (cell === NO_CELL) continue
      const base = first + i * STATE_SLOTS
      if (dictionary) recodeTexts(views, base, dictionary, input.cells)
      input.cells.add(cell, views, base)
    }
  }

  #countRows(group: number, window: number, rows: number): number {
    const cell = this.#cells.cell(group, window)
    if (cell >= this.#rows.length) {
      this.#budget.take(this.#rows.length * this.#cellBytes)
      const grown = new Float64Array(this.#rows.length * 2)
      grown.set(this.#rows)
      this.#rows = grown
    }
    this.#rows[cell] = (this.#rows[cell] as number) + rows
    return cell
  }

  #windowOf(time: bigint): number {
    return this.#width === 0n ? 0 : Number((time - this.#base) / this.#width)
  }

  /** The states of all that was added. */
  finish(): PartialAggregate {
    const { cell, group, window } = this.#cells.sorted()
    const rows = new Float64Array(cell.length)
    for (let i = 0; i < cell.length; i++) rows[i] = this.#rows[cell[i] as number] as number
    return {
      groups: this.#groups.values,
      cellGroup: group,
      cellWindow: windowStarts(window, this.#base, this.#width),
      rows,
      inputs: this.#inputs.map(({ expression, cells }) =>
        expression ? cells.states(cell) : { type: 'i64', count: rows.slice() },
      ),
      ...(this.#accumulators && { accumulated: this.#accumulators.states(cell) }),
    }
  }
}

function openInput({ expression, measures }: AggregateInput, expectedCells: number): Input {
  const type = expression ? expressionType(expression) : 'i64'
  const isField = expression?.kind === 'column' && expression.source === 'field'
  const field = isField ? expression.name : undefined
  return { field, expression, cells: new InputCells(stateType(type), expression ? measures : [], expectedCells) }
}

/** Bytes of one state: its count, and of each measure two numbers of 64 bits. */
function stateBytes({ measures }: InputCells): number {
  return 8 + 16 * measures.length
}

/** Fields of a rollup that inputs need. */
function rollupFields(inputs: readonly Input[]): string[] {
  const fields = inputs.flatMap(({ field, cells }) =>
    field === undefined ? [] : partsOf(cells).map((part) => rollupField(field, part)),
  )
  return [ROLLUP_ROWS, ...new Set(fields)]
}

/** Bytes 0 and 1 as a bitmap. */
export function bitmapOf(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array((bytes.length + 7) >> 3)
  for (let i = 0; i < bytes.length; i++) bits[i >> 3] = (bits[i >> 3] as number) | ((bytes[i] as number) << (i & 7))
  return bits
}
