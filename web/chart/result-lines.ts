import { type Batch, type Column, valueAt } from '../../engine/core/batch.ts'
import type { ResultColumn } from '../../engine/engine.ts'
import { columnNumbers } from './column-numbers.ts'
import { type ChartLine, lowerBound } from './line.ts'

class LineBuffer implements ChartLine {
  name = ''
  readonly times: number[] = []
  readonly values: number[] = []

  put(time: number, value: number): void {
    const last = this.times.at(-1)
    const at = last === undefined || time > last ? this.times.length : lowerBound(this.times, time)
    if (this.times[at] === time) this.values[at] = value
    else if (at === this.times.length) {
      this.times.push(time)
      this.values.push(value)
    } else {
      this.times.splice(at, 0, time)
      this.values.splice(at, 0, value)
    }
  }

  remove(time: number): void {
    const at = lowerBound(this.times, time)
    if (this.times[at] !== time) return
    this.times.splice(at, 1)
    this.values.splice(at, 1)
  }
}

interface Group {
  tagValues: readonly string[]
  buffers: readonly LineBuffer[]
}

/**
 * The lines of an answer: one for each numeric column and each set of values of the other key columns. Takes the answer in
 * batches, and later what changed in it.
 */
export class ResultLines {
  readonly #timeName: string | undefined
  readonly #tagNames: readonly string[]
  readonly #numberColumns: readonly ResultColumn[]
  readonly #groups = new Map<string, Group>()
  #namedGroups = 0
  /** Rows that were put, by which a viewer tells an answer without rows from one without numbers. */
  rows = 0

  constructor(columns: readonly ResultColumn[], keys: readonly string[]) {
    this.#timeName = columns.find((column) => column.type === 'time')?.name
    this.#tagNames = columns
      .filter(({ name, type }) => type === 'string' && keys.includes(name))
      .map(({ name }) => name)
    this.#numberColumns = columns.filter(({ type }) => type === 'f64' || type === 'i64')
  }

  /** False for an answer that has no time or no number: there is nothing to draw. */
  get drawable(): boolean {
    return this.#timeName !== undefined && this.#numberColumns.length > 0
  }

  /** The unit that all numeric columns share, if they do. */
  get unit(): string | undefined {
    const [first, ...rest] = this.#numberColumns
    return rest.every(({ unit }) => unit === first?.unit) ? first?.unit : undefined
  }

  /** Lines in the order in which they first appeared. */
  get lines(): ChartLine[] {
    if (this.#namedGroups !== this.#groups.size) this.#nameLines()
    return [...this.#groups.values()].flatMap(({ buffers }) => buffers)
  }

  /** Names lines by what tells them apart: a tag that is the same everywhere says nothing. */
  #nameLines(): void {
    const groups = [...this.#groups.values()]
    const telling = this.#tagNames.map((_, i) => new Set(groups.map(({ tagValues }) => tagValues[i])).size > 1)
    for (const { tagValues, buffers } of groups) {
      const tags = tagValues.filter((value, i) => value !== '' && telling[i] === true).join(' ')
      buffers.forEach((buffer, i) => {
        const column = this.#numberColumns[i]?.name ?? ''
        if (tags === '') buffer.name = column
        else buffer.name = buffers.length === 1 ? tags : `${tags} ${column}`
      })
    }
    this.#namedGroups = groups.length
  }

  put(batch: Batch): void {
    this.rows += batch.rows
    const time = batch.columns.find(({ name }) => name === this.#timeName)
    if (time === undefined) return
    const times = columnNumbers(time, batch.rows)
    const tags = this.#tagColumns(batch)
    const numbers = this.#numberColumns.map(({ name }) => {
      const column = batch.columns.find((candidate) => candidate.name === name)
      return column && columnNumbers(column, batch.rows)
    })
    for (let row = 0; row < batch.rows; row++) {
      const buffers = this.#buffersOf(tags.map((tag) => String(valueAt(tag, row) ?? '')))
      for (let i = 0; i < numbers.length; i++) buffers[i]?.put(times[row] ?? 0, numbers[i]?.[row] ?? Number.NaN)
    }
  }

  remove(batch: Batch): void {
    const time = batch.columns.find(({ name }) => name === this.#timeName)
    if (time === undefined) return
    const times = columnNumbers(time, batch.rows)
    const tags = this.#tagColumns(batch)
    for (let row = 0; row < batch.rows; row++) {
      const key = tags.map((tag) => String(valueAt(tag, row) ?? ''))
      for (const buffer of this.#buffersOf(key)) buffer.remove(times[row] ?? 0)
    }
  }

  #tagColumns(batch: Batch): Column[] {
    return this.#tagNames.flatMap((name) => batch.columns.find((column) => column.name === name) ?? [])
  }

  #buffersOf(tagValues: readonly string[]): readonly LineBuffer[] {
    const key = tagValues.join('\0')
    const known = this.#groups.get(key)
    if (known !== undefined) return known.buffers
    const buffers = this.#numberColumns.map(() => new LineBuffer())
    this.#groups.set(key, { tagValues, buffers })
    return buffers
  }
}
