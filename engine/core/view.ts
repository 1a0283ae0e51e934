import type { FieldType } from './batch.ts'
import type { CalendarUnit } from './calendar.ts'
import { TidemarkError } from './errors.ts'
import type { Matcher } from './matcher.ts'
import type { Catalog } from './plan.ts'
import type { TimeRange, TimeWindow } from './time-window.ts'

/** When a view is brought up to date: after each append, at most so long (in ns) after a change, or when a statement says so. */
export type ViewRefresh = { kind: 'immediate' } | { kind: 'every'; every: bigint } | { kind: 'manual' }

/** A view: a table whose rows are the answer of a query by windows. */
export interface ViewDefinition {
  name: string
  /** The query as it was written. */
  query: string
  refresh: ViewRefresh
  /** Windows that have been over for longer than this, in ns, are computed again only when a statement says so. */
  lateness?: bigint
  /** How long rows are kept, in ns. */
  retain?: bigint
  /** The table that the query reads. */
  source: string
  window: TimeWindow
  /** What tells groups apart: tags of the source, with the names that they have in the view. */
  tags: readonly ViewTag[]
  fields: readonly { name: string; type: FieldType; unit?: string }[]
}

export interface ViewTag {
  tag: string
  name: string
}

/** Windows of a view that may not agree with its source: of the groups that pass every matcher, which test tags of the source. */
export interface StalePart extends TimeRange {
  matchers: readonly Matcher[]
}

/** What SHOW VIEWS tells of a view. */
export interface ViewState {
  name: string
  /** `refreshing` while windows are computed; `failed` where the last refresh ended with an error. */
  state: 'fresh' | 'stale' | 'refreshing' | 'failed'
  stale: readonly TimeRange[]
  /** When the last refresh ended well, since the store was opened. */
  lastRefresh?: bigint
  error?: string
}

const known = new WeakMap<Catalog, readonly ViewDefinition[]>()

/** The views of a catalog whose definitions this version can read. */
export function viewsOf(catalog: Catalog): readonly ViewDefinition[] {
  const found = known.get(catalog)
  if (found) return found
  const views = (catalog.views ?? []).flatMap(({ name, definition }) => readViewDefinition(name, definition) ?? [])
  known.set(catalog, views)
  return views
}

/** A definition as text. */
export function printViewDefinition(definition: ViewDefinition): string {
  return JSON.stringify(definition, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

const CALENDAR_UNITS: readonly CalendarUnit[] = ['day', 'week', 'month', 'quarter', 'year']
const FIELD_TYPES: readonly FieldType[] = ['f64', 'i64', 'bool', 'string']

/** The definition of a text, `undefined` where this version cannot read it. */
export function readViewDefinition(name: string, text: string): ViewDefinition | undefined {
  try {
    return parseViewDefinition(name, text)
  } catch (error) {
    if (error instanceof TidemarkError) return undefined
    throw error
  }
}

/** Reads the text of a definition. Throws `corrupt` where it is none. */
export function parseViewDefinition(name: string, text: string): ViewDefinition {
  try {
    const { query, refresh, lateness, retain, source, window, tags, fields } = objectOf(JSON.parse(text))
    return {
      name,
      query: textOf(query),
      refresh: refreshOf(objectOf(refresh)),
      ...(lateness !== undefined && { lateness: integerOf(lateness) }),
      ...(retain !== undefined && { retain: integerOf(retain) }),
      source: textOf(source),
      window: windowOf(objectOf(window)),
      tags: listOf(tags).map((each) => ({ tag: textOf(each.tag), name: textOf(each.name) })),
      fields: listOf(fields).map((each) => ({
        name: textOf(each.name),
        type: memberOf(each.type, FIELD_TYPES),
        ...(each.unit !== undefined && { unit: textOf(each.unit) }),
      })),
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TidemarkError('corrupt', `the definition of the view '${name}' is damaged: ${reason}`, { cause })
  }
}

type Json = Readonly<Record<string, unknown>>

function refreshOf({ kind, every }: Json): ViewRefresh {
  if (kind === 'immediate' || kind === 'manual') return { kind }
  if (kind !== 'every') throw new Error(`a refresh is '${kind}'`)
  return { kind, every: positive(integerOf(every)) }
}

function windowOf({ kind, origin, width, unit, count, zone }: Json): TimeWindow {
  if (kind === 'fixed') return { kind, origin: integerOf(origin), width: positive(integerOf(width)) }
  if (kind !== 'calendar' || typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) {
    throw new Error('it has no windows')
  }
  const places = { unit: memberOf(unit, CALENDAR_UNITS), count, zone: textOf(zone) }
  return { kind, ...places, ...(origin !== undefined && { origin: integerOf(origin) }) }
}

function objectOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('an object is missing')
  return value as Json // what an object of JSON is
}

function listOf(value: unknown): Json[] {
  if (!Array.isArray(value)) throw new Error('a list is missing')
  return value.map(objectOf)
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a text is missing')
  return value
}

function integerOf(value: unknown): bigint {
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) throw new Error('an integer is missing')
  return BigInt(value)
}

function positive(value: bigint): bigint {
  if (value <= 0n) throw new Error('a duration is not above 0')
  return value
}

function memberOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((each) => each === value)
  if (found === undefined) throw new Error(`'${value}' is not known`)
  return found
}
