import type { Item } from './query-tree.ts'
import { aggregateOf, type Over } from './random-aggregate.ts'
import { type ExpressionPlace, expressionOf, literalOf } from './random-expression.ts'
import { type Sql, type SqlType, sql } from './sql-node.ts'

export interface WindowPlace extends ExpressionPlace {
  /** Columns of which no two rows have the same values. */
  unique: readonly Sql[]
  readings: boolean
  /** Times are where arithmetic overflows. */
  isExtreme: boolean
}

const VALUES = ['exact', 'small', 'text', 'bool', 'odd', 'time'] as const
const DIRECTIONS = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS FIRST', ' ASC NULLS LAST', ' DESC NULLS LAST'] as const

/** A call with OVER whose answer does not hang on the order of equal rows. */
export function windowCall(place: WindowPlace): Pick<Item, 'value' | 'reading'> {
  const { dice, columns } = place
  const keys = columns.filter(({ type }) => type !== 'odd')
  const partition = dice.once(3) || keys.length === 0 ? [] : [dice.pick(keys)]
  const total = orderBy(place, [...dice.some(columns).slice(0, 2), ...dice.shuffled(place.unique)])
  if (dice.once(2)) return { value: placeCall(place, partition, total), reading: 'same' }
  const rows = { ...place, hasTime: false }
  if (dice.once(4)) return aggregateOf(rows, undefined, overOf(partition, undefined))
  const byRange = dice.once(3) ? rangeOrder(place) : undefined
  const order = byRange ?? { ...total, frame: rowsFrame(place) }
  return aggregateOf(rows, undefined, overOf(partition, order))
}

interface Order {
  keys: readonly Sql[]
  directions: readonly string[]
  frame?: string
}

function overOf(partition: readonly Sql[], order: Order | undefined): Over {
  return {
    parts: [...partition, ...(order?.keys ?? [])],
    text: (from) => {
      const by = partition.map((_, k) => `{${from + k}}`).join(', ')
      const first = from + partition.length
      const keys = order?.keys.map((_, k) => `{${first + k}}${order.directions[k] ?? ''}`).join(', ')
      const clauses = [by && `PARTITION BY ${by}`, keys && `ORDER BY ${keys}`, order?.frame]
      return clauses.filter((clause) => clause !== undefined && clause !== '').join(' ')
    },
  }
}

function orderBy({ dice }: WindowPlace, keys: readonly Sql[]): Order {
  return { keys, directions: keys.map(() => dice.pick(DIRECTIONS)) }
}

function placeCall(place: WindowPlace, partition: readonly Sql[], total: Order): Sql {
  const { dice } = place
  const some = dice.some(place.columns)
  const type = dice.pick<SqlType>(VALUES)
  const value = expressionOf(type, place, dice.between(0, 2))
  const call = (gives: SqlType, head: string, order: Order, args: readonly Sql[] = []): Sql => {
    const over = overOf(partition, order)
    return { ...sql(gives, `${head} OVER (${over.text(args.length)})`, [...args, ...over.parts]), varies: true }
  }
  const loose = some.length > 0 ? orderBy(place, some) : total
  const framed = { ...total, frame: rowsFrame(place) }
  switch (dice.below(9)) {
    case 0:
      return call('small', 'row_number()', total)
    case 1:
      return call('small', 'rank()', loose)
    case 2:
      return call('small', 'dense_rank()', loose)
    case 3:
      return call('odd', dice.pick(['percent_rank()', 'cume_dist()']), loose)
    case 4:
      return call('small', `ntile(${dice.between(1, 7)})`, total)
    case 5:
      return call(value.type, dice.pick(['lag({0})', 'lead({0})']), total, [value])
    case 6: {
      const otherwise = literalOf(value.type === 'tag' ? 'text' : value.type, place)
      const name = dice.pick(['lag', 'lead'])
      return call(value.type, `${name}({0}, ${dice.between(0, 3)}, {1})`, total, [value, otherwise])
    }
    case 7:
      return call(value.type, `nth_value({0}, ${dice.between(1, 4)})`, framed, [value])
    default:
      return call(value.type, dice.pick(['first_value({0})', 'last_value({0})']), framed, [value])
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
    'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
    `ROWS BETWEEN ${from} FOLLOWING AND UNBOUNDED FOLLOWING`,
  ])
}

/** One key and a frame by distance of it; equal rows are all in a frame or none, so that their order does not matter. */
function rangeOrder(place: WindowPlace): Order | undefined {
  const { dice, columns, isExtreme } = place
  const types: readonly SqlType[] = isExtreme ? ['exact', 'small'] : ['exact', 'small', 'time']
  const keys = columns.filter(({ type, parts }) => types.includes(type) && parts.length === 0)
  if (keys.length === 0) return undefined
  const key = dice.pick(keys)
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
  return { ...orderBy(place, [key]), frame }
}
