import type { Item, Reading } from './query-tree.ts'
import { type ExpressionPlace, expressionOf } from './random-expression.ts'
import { type Sql, type SqlType, sql } from './sql-node.ts'

/** A call of an aggregate, in which `{f}` is where FILTER may stand; `{0}` is its argument. */
interface Aggregate {
  gives: SqlType
  takes: readonly SqlType[]
  ours: string
  theirs?: string
  /** It looks at the times or the order of rows. */
  needs?: 'time'
  /** What it gives is no answer of DuckDB, but made out of the list of values. */
  reading?: Reading
  /** It cannot have OVER. */
  noOver?: true
}

const NOT_NAN = (call: string): string =>
  `coalesce(${call}({0}) FILTER (WHERE NOT isnan({0}){f}), ${call}({0}) FILTER (WHERE TRUE{f}))`
const FIRST = (order: string): string => `first({0} ORDER BY ${order}) FILTER (WHERE {0} IS NOT NULL{f})`

const LAST_TIME = 'max(time) FILTER (WHERE {0} IS NOT NULL{f})'

const anyOf: readonly SqlType[] = ['exact', 'small', 'text', 'bool', 'wide', 'odd', 'tag']

export const AGGREGATES: readonly Aggregate[] = [
  { gives: 'small', takes: [], ours: 'count(*)' },
  ...anyOf.map((type): Aggregate => ({ gives: 'small', takes: [type], ours: 'count({0})' })),
  ...anyOf.map((type): Aggregate => ({ gives: 'small', takes: [type], ours: 'count(DISTINCT {0})', noOver: true })),
  { gives: 'exact', takes: ['exact'], ours: 'sum({0})' },
  { gives: 'wide', takes: ['small'], ours: 'sum({0})', theirs: 'sum({0}) FILTER (WHERE TRUE{f})::BIGINT' },
  { gives: 'odd', takes: ['exact'], ours: 'avg({0})' },
  { gives: 'odd', takes: ['small'], ours: 'avg({0})' },
  { gives: 'odd', takes: ['small'], ours: 'mean({0})' },
  ...(['exact', 'small', 'text', 'wide', 'bool'] as const).flatMap((type): Aggregate[] => [
    { gives: type, takes: [type], ours: 'min({0})' },
    { gives: type, takes: [type], ours: 'max({0})' },
    { gives: type, takes: [type], ours: 'first({0})', theirs: FIRST('time, {0} DESC'), needs: 'time', noOver: true },
    {
      gives: type,
      takes: [type],
      ours: 'last({0})',
      theirs: FIRST('time DESC, {0} DESC'),
      needs: 'time',
      noOver: true,
    },
    { gives: type, takes: [type], ours: 'quantile_disc({0}, 0.5)', noOver: true },
    { gives: 'time', takes: [type], ours: 'last_time({0})', theirs: LAST_TIME, needs: 'time', noOver: true },
  ]),
  { gives: 'odd', takes: ['odd'], ours: 'min({0})' },
  { gives: 'odd', takes: ['odd'], ours: 'max({0})', theirs: NOT_NAN('max') },
  { gives: 'text', takes: ['tag'], ours: 'max({0})' },
  { gives: 'text', takes: ['tag'], ours: 'min({0})' },
  { gives: 'time', takes: ['time'], ours: 'max({0})' },
  { gives: 'time', takes: ['time'], ours: 'min({0})' },
  { gives: 'bool', takes: ['bool'], ours: 'bool_and({0})' },
  { gives: 'bool', takes: ['bool'], ours: 'bool_or({0})' },
  { gives: 'odd', takes: ['exact'], ours: 'median({0})' },
  { gives: 'odd', takes: ['exact'], ours: 'quantile({0}, 0.25)', theirs: 'quantile_cont({0}, 0.25)' },
  { gives: 'odd', takes: ['small'], ours: 'quantile({0}, 0.75)', theirs: 'quantile_cont({0}, 0.75)' },
  {
    gives: 'text',
    takes: ['text', 'exact'],
    ours: 'arg_max({0}, {1})',
    theirs: 'first({0} ORDER BY {1} DESC, {0} DESC) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL{f})',
    noOver: true,
  },
  {
    gives: 'small',
    takes: ['small', 'text'],
    ours: 'arg_min({0}, {1})',
    theirs: 'first({0} ORDER BY {1}, {0} DESC) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL{f})',
    noOver: true,
  },
  ...(['sum', 'avg'] as const).map((name): Aggregate => {
    return { gives: 'odd', takes: ['odd'], ours: `${name}({0})`, theirs: 'list({0})', reading: name }
  }),
  ...(['stddev', 'variance', 'stddev_pop'] as const).map((name): Aggregate => {
    return { gives: 'odd', takes: ['exact'], ours: `${name}({0})`, theirs: 'list({0})', reading: name }
  }),
  { gives: 'odd', takes: ['small'], ours: 'stddev({0})', theirs: 'list({0})', reading: 'stddev' },
  ...(['exact', 'small', 'text', 'odd', 'bool'] as const).map((type): Aggregate => {
    return { gives: type, takes: [type], ours: 'mode({0})', theirs: 'list({0})', reading: 'mode', noOver: true }
  }),
]

export interface AggregatePlace extends ExpressionPlace {
  /** Whether `time` is there. */
  hasTime: boolean
  /** Whether an answer may be read otherwise than it is given. */
  readings: boolean
}

type Made = Pick<Item, 'value' | 'reading'>

/** What stands in OVER: a text with the places of its parts, counted from a number on. */
export interface Over {
  parts: readonly Sql[]
  text(from: number): string
}

/** A call of an aggregate, maybe of some of the rows only. */
export function aggregateOf(place: AggregatePlace, gives: SqlType | undefined, over?: Over): Made {
  const { dice, columns } = place
  const hasTag = columns.some(({ type }) => type === 'tag')
  const fitting = AGGREGATES.filter((each) => {
    if (gives !== undefined && each.gives !== gives) return false
    if (each.takes.includes('tag') && !hasTag) return false
    if (gives === undefined && each.gives === 'time' && !columns.some(({ type }) => type === 'time')) return false
    if (over && (each.noOver || each.needs)) return false
    return (place.hasTime || !each.needs) && (place.readings || !each.reading)
  })
  const { gives: type, takes, ours, theirs, reading = 'same' } = dice.pick(fitting)
  const parts = takes.map((each) => expressionOf(each, place, dice.between(0, 2)))
  const isFiltered = dice.once(6)
  if (isFiltered) parts.push(expressionOf('bool', place, 1))
  const filter = `{${parts.length - 1}}`
  const behind = over ? ` OVER (${over.text(parts.length)})` : ''
  const inOurs = `${ours}${isFiltered ? ` FILTER (WHERE ${filter})` : ''}${behind}`
  const call = inTheirs(theirs ?? ours, { filter: isFiltered ? ` AND ${filter}` : '', behind })
  return { value: { ...sql(type, inOurs, [...parts, ...(over?.parts ?? [])], call), varies: true }, reading }
}

function inTheirs(call: string, { filter, behind }: { filter: string; behind: string }): string {
  if (!call.includes('{f}')) return filter === '' ? call + behind : `${call} FILTER (WHERE TRUE${filter})${behind}`
  return call.replaceAll('{f})', `${filter})${behind}`)
}
