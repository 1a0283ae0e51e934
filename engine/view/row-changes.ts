import { type Batch, type Column, isValid } from '../core/batch.ts'
import type { SelectedRows } from '../core/changeable.ts'
import type { ViewDefinition } from '../core/view.ts'
import type { RefreshStep } from './refresh-steps.ts'
import { hasValue, ownMatchers, type ViewRows } from './view-rows.ts'

/** Most deletes of one step; where there would be more, all rows of the step are deleted and written again. */
export const MAX_STEP_DELETES = 16

/** What makes a view's rows those that it has to have: first deletes, then rows that are written over what is there. */
export interface RowChanges {
  deletes: readonly SelectedRows[]
  /** Which of the computed rows are written. */
  written: Uint32Array
  /** Rows that are there now and will not be. */
  removed: number
}

/** Compares the rows of a step as they have to be with those that are there. Both come in order of time. */
export function rowChanges(
  view: ViewDefinition,
  step: RefreshStep,
  { computed, present }: { computed: ViewRows; present: ViewRows },
): RowChanges {
  const keys = 1 + view.tags.length
  const values = { computed: fieldsOf(computed, keys), present: fieldsOf(present, keys) }
  const places = new Map<string, number>()
  for (let row = 0; row < present.rows; row++) places.set(keyOf(present, row, keys), row)
  const written: number[] = []
  const gone = new Set(places.values())
  let rewritten = 0
  for (let row = 0; row < computed.rows; row++) {
    // A row without a value cannot be stored, and stands for nothing.
    if (!hasValue(computed, view, row)) continue
    const place = places.get(keyOf(computed, row, keys))
    if (place === undefined) written.push(row)
    else if (losesValue(values.computed, row, values.present, place)) {
      written.push(row)
      rewritten++
    } else {
      gone.delete(place)
      if (!sameRow(values.computed, row, values.present, place)) written.push(row)
    }
  }
  const removed = gone.size - rewritten
  const deletes = deletesOf(view, present, gone)
  if (deletes.length <= MAX_STEP_DELETES) return { deletes, written: Uint32Array.from(written), removed }
  const whole = { table: view.name, matchers: ownMatchers(view, step.matchers), start: step.start, end: step.end }
  const all = Array.from({ length: computed.rows }, (_, row) => row).filter((row) => hasValue(computed, view, row))
  return { deletes: [whole], written: Uint32Array.from(all), removed }
}

function fieldsOf({ rows, columns }: ViewRows, keys: number): ViewRows {
  return { rows, columns: columns.slice(keys) }
}

/** Rows to be deleted as ranges: those of a group that follow each other without one that stays between them are one. */
function deletesOf(view: ViewDefinition, present: ViewRows, gone: ReadonlySet<number>): SelectedRows[] {
  if (gone.size === 0) return []
  const time = present.columns[0]
  const open = new Map<string, SelectedRows>()
  const deletes: SelectedRows[] = []
  for (let row = 0; row < present.rows; row++) {
    const group = keyOf(present, row, 1 + view.tags.length, 1)
    const last = open.get(group)
    if (!gone.has(row)) {
      open.delete(group)
      continue
    }
    const start = time?.values[row] as bigint // the first column is the times
    if (last) last.end = start + 1n
    else {
      const matchers = view.tags.map(({ name }, at) => {
        return { tag: name, op: '=', value: textAt(present.columns[1 + at], row) } as const
      })
      const one = { table: view.name, matchers, start, end: start + 1n }
      open.set(group, one)
      deletes.push(one)
    }
  }
  return deletes
}

/** The values that tell rows apart, or the tags alone. */
function keyOf({ columns }: Batch, row: number, keys: number, from = 0): string {
  let key = ''
  for (let at = from; at < keys; at++) key += `${textAt(columns[at], row)}\0`
  return key
}

/** An absent tag is `''`. */
function textAt(column: Column | undefined, row: number): string {
  if (column === undefined || !isValid(column.validity, row)) return ''
  if (column.type === 'string') return column.dictionary[column.values[row] ?? 0] ?? ''
  return String(column.values[row])
}

/** Whether a field is missing that is there now: a row that does not name it leaves what is there. */
function losesValue(computed: ViewRows, row: number, present: ViewRows, place: number): boolean {
  return computed.columns.some(
    ({ validity }, at) => !isValid(validity, row) && isValid(present.columns[at]?.validity, place),
  )
}

function sameRow(computed: ViewRows, row: number, present: ViewRows, place: number): boolean {
  return computed.columns.every((column, at) => sameValue(column, row, present.columns[at], place))
}

function sameValue(a: Column, row: number, b: Column | undefined, place: number): boolean {
  const isThere = isValid(a.validity, row)
  if (b === undefined || isThere !== isValid(b.validity, place)) return false
  if (!isThere) return true
  if (a.type === 'string' || b.type === 'string') return textAt(a, row) === textAt(b, place)
  return Object.is(a.values[row], b.values[place])
}
