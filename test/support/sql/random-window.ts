import { aggregateOf } from './random-aggregate.ts'
import { type ExpressionPlace, expressionOf, literalOf } from './random-expression.ts'
import type { Item } from './query-tree.ts'
import { type Sql, type SqlType, sql } from './sql-node.ts'

export interface WindowPlace extends ExpressionPlace {
  /** Columns of which no two rows have the same values, the time among them. */
  unique: readonly Sql[]
  readings: boolean
  /** Times are where arithmetic overflows. */
  isExtreme: boolean
}

const VALUES = ['exact', 'small', 'text', 'bool', 'odd', 'time'] as const
const DIRECTIONS = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS FIRST', ' ASC NULLS LAST', ' DESC NULLS LAST'] as const

/** A call with OVER whose answer does not hang on the order of equal rows. */
export function windowCall(place: WindowPlace): Pick<Item, 'value' | 'reading'> {
  const { dice } = place
  const partition = dice.once(3) ? [] : [dice.pick(place.columns.filter(({ type }) => type !== 'odd'))]
  const by = partition.length === 0 ? '' : `PARTITION BY ${partition.map(inline).join(', ')} `
  const total = totalOrder(place)
  if (dice.once(2)) return { value: { ...placeCall(place, by, total), varies: true }, reading: 'same' }
  if (dice.once(4)) return aggregateOf({ ...place, hasTime: false }, undefined, ` OVER (${by.trim()})`)
  const [order, frame] = dice.once(3) ? [rangeOrder(place), rangeFrame] : [total, rowsFrame]
  if (frame === rowsFrame) return framed(place, `${by}ORDER BY ${order} ${rowsFrame(place)}`)
  return framed(place, `${by}ORDER BY ${order}`)
}

function framed(place: WindowPlace, over: string): Pick<Item, 'value' | 'reading'> {
  return aggregateOf({ ...place, hasTime: false }, undefined, ` OVER (${over})`)
}

/** Columns are printed alike in both dialects. */
function inline({ ours }: Sql): string {
  return ours
}

function totalOrder({ dice, columns, unique }: WindowPlace): string {
  const first = dice.some(columns).slice(0, 2)
  return [...first, ...dice.shuffled(unique)].map((column) => inline(column) + dice.pick(DIRECTIONS)).join(', ')
}

function placeCall(place: WindowPlace, by: string, total: string): Sql {
  const { dice } = place
  const some = dice.some(place.columns).map((column) => inline(column) + dice.pick(DIRECTIONS))
  const loose = `OVER (${by}${some.length > 0 ? `ORDER BY ${some.join(', ')}` : `ORDER BY ${total}`})`
  const strict = `OVER (${by}ORDER BY ${total})`
  const type = dice.pick<SqlType>(VALUES)
  const value = expressionOf(type, place, dice.between(0, 2))
  const gives = value.type
  const frame = `OVER (${by}ORDER BY ${total} ${rowsFrame(place)})`
  switch (dice.below(9)) {
    case 0:
      return sql('small', `row_number() ${strict}`)
    case 1:
      return sql('small', `rank() ${loose}`)
    case 2:
      return sql('small', `dense_rank() ${loose}`)
    case 3:
      return sql('odd', `${dice.pick(['percent_rank', 'cume_dist'])}() ${loose}`)
    case 4:
      return sql('small', `ntile(${dice.between(1, 7)}) ${strict}`)
    case 5:
      return sql(gives, `${dice.pick(['lag', 'lead'])}({0}) ${strict}`, [value])
    case 6: {
      const otherwise = literalOf(gives === 'tag' ? 'text' : gives, place)
      return sql(gives, `${dice.pick(['lag', 'lead'])}({0}, ${dice.between(0, 3)}, {1}) ${strict}`, [value, otherwise])
    }
    case 7:
      return sql(gives, `nth_value({0}, ${dice.between(1, 4)}) ${frame}`, [value])
    default:
      return sql(gives, `${dice.pick(['first_value', 'last_value'])}({0}) ${frame}`, [value])
  }
}

function rowsFrame({ dice }: WindowPlace): string {
  const from = dice.below(4)
  const to = dice.below(4)
  return dice.pick([
    '',
    `ROWS ${from} PRECEDING`,
    'ROWS UNBOUNDED PRECEDING',
    `ROWS BETWEEN ${from} PRECEDING AND ${to} FOLLOWING`,
    `ROWS BETWEEN ${from + to} PRECEDING AND ${from} PRECEDING`,
    `ROWS BETWEEN ${from} FOLLOWING AND ${from + to} FOLLOWING`,
    `ROWS BETWEEN UNBOUNDED PRECEDING AND ${to} FOLLOWING`,
    `ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING`,
    `ROWS BETWEEN ${from} FOLLOWING AND UNBOUNDED FOLLOWING`,
  ])
}

/** One key and a frame by distance of it; equal rows are all in a frame or none, so that their order does not matter. */
function rangeOrder(place: WindowPlace): string {
  const { dice, columns, isExtreme } = place
  const types: readonly SqlType[] = isExtreme ? ['exact', 'small'] : ['exact', 'small', 'time']
  const keys = columns.filter(({ type }) => types.includes(type))
  const [key] = dice.shuffled(keys)
  if (key === undefined) return totalOrder(place)
  const unit = key.type === 'time' ? place.database.stepNs : 1n
  const distance = (): string => String(unit * BigInt(dice.below(8)))
  const frame = dice.pick([
    '',
    'RANGE UNBOUNDED PRECEDING',
    `RANGE ${distance()} PRECEDING`,
    `RANGE BETWEEN ${distance()} PRECEDING AND ${distance()} FOLLOWING`,
    `RANGE BETWEEN UNBOUNDED PRECEDING AND ${distance()} PRECEDING`,
    `RANGE BETWEEN ${distance()} FOLLOWING AND UNBOUNDED FOLLOWING`,
    `RANGE BETWEEN CURRENT ROW AND ${distance()} FOLLOWING`,
  ])
  return `${inline(key)}${dice.pick(DIRECTIONS)} ${frame}`
}

const rangeFrame = (): string => ''
