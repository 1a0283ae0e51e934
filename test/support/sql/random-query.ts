import type { Dice } from './dice.ts'
import type { Item, OrderTree, QueryTree, SelectTree, SetTree, SourceTree, WindowTree } from './query-tree.ts'
import { itemsOf } from './query-tree.ts'
import { type AggregatePlace, aggregateOf } from './random-aggregate.ts'
import type { PlainDatabase, PlainTable } from './random-database.ts'
import { type ExpressionPlace, expressionOf, literalOf } from './random-expression.ts'
import { windowCall } from './random-window.ts'
import { type Sql, type SqlType, sql } from './sql-node.ts'

/** Rows that a SELECT reads, with what is known of them. */
interface Source {
  tree: SourceTree
  columns: readonly Sql[]
  /** Columns of which no two rows have the same values; none where it is not known. */
  unique: readonly Sql[]
  isTable: boolean
  /** It has a column `time` of times. */
  hasTime: boolean
  isExtreme: boolean
  /** A condition on its rows that is part of it there. */
  needed?: Sql
}

interface Making {
  dice: Dice
  database: PlainDatabase
  /** Queries in queries may go so much deeper. */
  depth: number
  /** Queries of WITH. */
  named: readonly { name: string; columns: readonly Item[] }[]
  isRoot: boolean
}

const TYPES = ['exact', 'small', 'text', 'bool', 'odd', 'wide', 'tag', 'time'] as const
const DIRECTIONS = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS FIRST', ' ASC NULLS LAST', ' DESC NULLS LAST'] as const
const SET_OPERATIONS: readonly SetTree['op'][] = [
  'UNION',
  'UNION ALL',
  'INTERSECT',
  'INTERSECT ALL',
  'EXCEPT',
  'EXCEPT ALL',
]

/** A random statement over a database. */
export function randomQuery(dice: Dice, database: PlainDatabase): QueryTree {
  const making: Making = { dice, database, depth: 2, named: [], isRoot: true }
  if (!dice.once(5)) return query(making)
  const inner = query({ ...making, depth: 1, isRoot: false })
  const named = [{ name: 'n1', columns: itemsOf(inner.body) }]
  const outer = query({ ...making, named })
  return { ...outer, named: [{ name: 'n1', query: inner }] }
}

function query(making: Making): QueryTree {
  const { dice, isRoot } = making
  const arrangement = dice.below(isRoot ? 3 : 6)
  const isArranged = arrangement === 0
  const body = dice.once(7) ? setOf(making) : select({ ...making, isRoot: isRoot && !isArranged })
  const plain: QueryTree = { named: [], body, orderBy: [], per: [] }
  if (!isArranged) return plain
  // A constant is nothing to order by.
  const places = [...itemsOf(body)].flatMap(({ value }, place) =>
    body.kind === 'set' || hasColumn(value) ? [place] : [],
  )
  if (places.length === 0) return plain
  const byPlaces = dice.shuffled(places).map((by): OrderTree => ({ by, direction: dice.pick(DIRECTIONS) }))
  const hidden = body.kind === 'select' && !body.distinct && dice.once(3) ? hiddenOrder(body, making) : []
  const orderBy = [...hidden, ...byPlaces]
  const limit = dice.once(3) ? {} : { limit: dice.pick([0, 1, 3, 3, 10, 10, 100, 100]) }
  const offset = limit.limit === undefined || dice.once(2) ? {} : { offset: dice.below(5) }
  const per = limit.limit !== undefined && hidden.length === 0 && dice.once(4) ? [dice.pick(places)] : []
  return { ...plain, orderBy, ...limit, ...offset, per }
}

/** Something to order by that is no column of the answer, but made of its items. */
function hiddenOrder({ items }: SelectTree, { dice, database }: Making): OrderTree[] {
  const columns = items
    .filter(({ reading, value }) => reading === 'same' && !containsOver(value))
    .map(({ value }) => value)
  const by = expressionOf(dice.pick(['exact', 'small', 'text', 'bool'] as const), { dice, database, columns }, 2)
  return hasColumn(by) ? [{ by, direction: dice.pick(DIRECTIONS) }] : []
}

function containsOver({ ours, parts }: Sql): boolean {
  return ours.includes('OVER') || parts.some(containsOver)
}

function setOf(making: Making): SetTree {
  const { dice } = making
  const types = dice.list(dice.between(1, 3), () =>
    dice.pick<SqlType>(['exact', 'small', 'text', 'tag', 'bool', 'time']),
  )
  const operand = (): SelectTree => typedSelect(types, { ...making, isRoot: false })
  const first: SetTree = { kind: 'set', op: dice.pick(SET_OPERATIONS), left: operand(), right: operand() }
  return dice.once(3) ? { kind: 'set', op: dice.pick(SET_OPERATIONS), left: first, right: operand() } : first
}

/** A SELECT whose items have these types; a tag may come as a text. */
function typedSelect(types: readonly SqlType[], making: Making): SelectTree {
  const { dice } = making
  const from = source(making)
  const place = placeOf(from, making)
  const items = types.map((type, k): Item => item(expressionOf(type, place, dice.below(3)), k))
  return { kind: 'select', distinct: dice.once(5), items, from: from.tree, groups: [], ...whereOf(place, from) }
}

function item(value: Sql, k: number, reading: Item['reading'] = 'same'): Item {
  return { value, name: `c${k}`, reading }
}

function placeOf(from: Source, making: Making): ExpressionPlace {
  const { dice, database, depth } = making
  const place = { dice, columns: from.columns, database }
  return depth <= 0
    ? place
    : { ...place, query: (type, rows) => valueQuery(type, rows, { ...making, depth: depth - 1 }) }
}

/** A query of one column, of one row where it stands for a value. */
function valueQuery(type: SqlType, rows: 'one' | 'many', making: Making): QueryTree {
  const inner = { ...making, isRoot: false }
  const from = source(inner)
  const place: AggregatePlace = { ...placeOf(from, inner), hasTime: from.hasTime, readings: false }
  const value = rows === 'many' ? expressionOf(type, place, 1) : aggregateOf(place, type).value
  const tree: SelectTree = {
    kind: 'select',
    distinct: false,
    // In a list the value of an absent tag is ''.
    items: [
      item(value.type === 'tag' && rows === 'many' ? sql('text', '{0}', [value], "coalesce({0}, '')") : value, 0),
    ],
    from: from.tree,
    groups: [],
    ...whereOf(place, from),
  }
  return { named: [], body: tree, orderBy: [], per: [] }
}

function select(making: Making): SelectTree {
  const from = source(making)
  const { dice } = making
  if (dice.once(2)) return grouped(from, making)
  if (from.isTable && dice.once(12)) return latest(from, making)
  const place = placeOf(from, making)
  const readings = making.isRoot
  const canWindow = from.unique.length > 0 && dice.once(2)
  const items = dice.list(dice.between(1, 4), (k): Item => {
    if (canWindow && !dice.once(3)) {
      const made = windowCall({ ...place, unique: from.unique, readings, isExtreme: from.isExtreme })
      return item(made.value, k, made.reading)
    }
    return item(expressionOf(dice.pick(TYPES), place, dice.below(4)), k)
  })
  const distinct = dice.once(5) && items.every(({ reading }) => reading === 'same')
  return { kind: 'select', distinct, items, from: from.tree, groups: [], ...whereOf(place, from) }
}

function latest(from: Source, making: Making): SelectTree {
  const { dice } = making
  const place = placeOf(from, making)
  const items = dice.list(dice.between(1, 4), (k) => item(expressionOf(dice.pick(TYPES), place, dice.below(3)), k))
  const by = dice.some(from.columns.filter(({ type }) => type === 'tag')).map(({ ours }) => ours)
  return {
    kind: 'select',
    distinct: false,
    items,
    from: from.tree,
    groups: [],
    latest: { by },
    ...whereOf(place, from),
  }
}

function whereOf(place: ExpressionPlace, from: Source): { where?: Sql } {
  const { dice, database, columns } = place
  const tests: Sql[] = from.needed ? [from.needed] : []
  if (!dice.once(3)) return from.needed ? { where: from.needed } : {}
  const time = columns.find(({ type }) => type === 'time')
  if (time && from.isTable && dice.once(2)) {
    const bound = (): bigint => database.start + BigInt(dice.between(-1, database.isBig ? 4000 : 40)) * database.stepNs
    tests.push(sql('bool', `({0} ${dice.pick(['>=', '<', '<=', '>', '<>'])} ${bound()})`, [time]))
    if (dice.once(2)) tests.push(sql('bool', `({0} BETWEEN ${bound()} AND ${bound()})`, [time]))
  }
  if (tests.length === 0 || dice.once(2)) {
    const test = expressionOf('bool', place, dice.between(1, 3))
    tests.push(sql('bool', dice.pick(['{0}', '{0}', '({0} IS NOT TRUE)', '({0} IS NOT FALSE)']), [test]))
  }
  const all = tests.map((_, k) => `{${k}}`).join(' AND ')
  return { where: sql('bool', all, tests) }
}

function grouped(from: Source, making: Making): SelectTree {
  const { dice } = making
  const rowPlace = placeOf(from, making)
  const place: AggregatePlace = { ...rowPlace, hasTime: from.hasTime, readings: making.isRoot }
  const window =
    from.hasTime && from.tree.kind !== 'join' && !from.isExtreme && dice.once(2) ? windowOf(making) : undefined
  const count = dice.once(5) ? 0 : dice.between(window ? 0 : 1, 2)
  const keys = dice.list(count, () => groupKey(rowPlace, window !== undefined)).filter((key) => key !== undefined)
  const groups = [...new Map(keys.map((key) => [key.ours + JSON.stringify(key.parts), key])).values()]
  const shown = [...(window ? [sql('time', 'time', [], 'window_start')] : []), ...groups]
  const inGroup: ExpressionPlace = { dice, columns: shown, database: making.database }
  const items = shown.map((value, k) => item(value, k))
  for (let more = dice.between(items.length === 0 ? 1 : 0, 3); more > 0; more--) {
    if (shown.length > 0 && dice.once(6)) {
      const calls = dice.list(2, () => aggregateOf({ ...place, readings: false }, undefined).value)
      const over = {
        ...inGroup,
        columns: [...shown, ...calls],
        unique: shown,
        readings: false,
        isExtreme: from.isExtreme,
      }
      items.push(item(windowCall(over).value, items.length))
      continue
    }
    const made = aggregateOf(place, undefined)
    const type = made.value.type
    const wrapped = made.reading === 'same' && type !== 'tag' && dice.once(4)
    const value = wrapped ? expressionOf(type, { ...inGroup, columns: [...shown, made.value] }, 2) : made.value
    items.push(item(value, items.length, made.reading))
  }
  const having = dice.once(6)
    ? expressionOf(
        'bool',
        { ...inGroup, columns: dice.list(3, () => aggregateOf({ ...place, readings: false }, undefined).value) },
        2,
      )
    : undefined
  const where = whereOf(rowPlace, from)
  const distinct = dice.once(10) && items.every(({ reading }) => reading === 'same')
  const byPlace = dice.once(4) ? { byPlace: true as const } : {}
  const tree = { kind: 'select' as const, distinct, items, from: from.tree, groups, ...where, ...byPlace }
  return { ...tree, ...(window && { window }), ...(having && { having }) }
}

function groupKey(place: ExpressionPlace, isWindowed: boolean): Sql | undefined {
  const { dice, columns } = place
  const plain = columns.filter(({ type }) => type !== 'time' && type !== 'odd')
  if (plain.length > 0 && !dice.once(3)) return dice.pick(plain)
  const { query: _, ...withoutQuery } = place
  const inGroups = { ...withoutQuery, columns: isWindowed ? plain : columns }
  if (plain.length === 0) return undefined
  const key = expressionOf(dice.pick(['exact', 'small', 'text', 'bool', 'tag'] as const), inGroups, 2)
  return hasColumn(key) ? key : dice.pick(plain)
}

function hasColumn(node: Sql): boolean {
  return node.varies || (node.parts.length === 0 && /^[a-z]\w*(\.\w+)?$/.test(node.ours)) || node.parts.some(hasColumn)
}

const MINUTE = 60_000_000_000n

function windowOf({ dice, database }: Making): WindowTree {
  const { stepNs } = database
  if (dice.once(4) && stepNs >= MINUTE) {
    const [ours, unit] = dice.pick([
      ['1d', 'day'],
      ['1w', 'week'],
      ['1mo', 'month'],
      ['1q', 'quarter'],
      ['1y', 'year'],
    ] as const)
    const zone = dice.pick(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'])
    const theirs = `calendar_start('${unit}', '${zone}', {0})`
    return { ours, theirs, clauses: zone === 'UTC' ? '' : ` TIME ZONE '${zone}'` }
  }
  const step = stepNs * BigInt(dice.between(1, database.isBig ? 400 : 12))
  const count = dice.once(5) ? dice.between(2, 4) : 1
  const width = step * BigInt(count)
  const origin = dice.once(4) ? database.start + stepNs / 2n : 0n
  const align = origin === 0n ? '' : ` ALIGN TO from_epoch_ns(${origin})`
  const theirs = `window_start(${step}, ${origin}, {0})`
  const overlap = count === 1 ? {} : { overlap: { count, step } }
  const most = database.isBig ? 4000 : 30
  const at = (): bigint => database.start + BigInt(dice.between(-2, most)) * stepNs
  const from = at()
  const bounds =
    count === 1 && dice.once(5) ? ([from, from + BigInt(dice.between(1, most)) * stepNs] as const) : undefined
  const range = bounds ? ` FROM from_epoch_ns(${bounds[0]}) TO from_epoch_ns(${bounds[1]})` : ''
  const clauses = (count === 1 ? '' : ` STEP ${step}ns`) + range + align
  return { ours: `${width}ns`, theirs, clauses, ...overlap, ...(bounds && { bounds }) }
}

let aliases = 0

function source(making: Making): Source {
  const { dice, database, depth, named } = making
  if (depth > 0 && !database.isBig && dice.once(4)) return joined(making)
  const [first] = named
  if (first && dice.once(2)) return queried({ kind: 'name', name: first.name, alias: alias() }, first.columns)
  if (depth > 0 && dice.once(5)) {
    const inner = query({ ...making, depth: depth - 1, isRoot: false, named: [] })
    return queried({ kind: 'query', query: inner, alias: alias() }, itemsOf(inner.body))
  }
  if (dice.once(25)) return valuesSource(making)
  return tableSource(dice.pick(database.tables))
}

function valuesSource({ dice, database }: Making): Source {
  const types = dice.list(dice.between(1, 3), () => dice.pick<SqlType>(['exact', 'small', 'text', 'bool', 'wide']))
  const rows = dice.list(dice.between(1, 4), () => types.map((type) => literalOf(type, { dice, database })))
  const items = types.map((type, k) => item(sql(type, `c${k}`), k))
  return queried({ kind: 'values', rows, alias: alias() }, items)
}

function alias(): string {
  aliases++
  return `a${aliases}`
}

function queried(tree: Extract<SourceTree, { alias: string }>, items: readonly Item[]): Source {
  const columns = items.map(({ name, value }) => sql(value.type, name))
  return { tree, columns, unique: [], isTable: false, hasTime: false, isExtreme: false }
}

function tableSource(table: PlainTable): Source {
  const time = sql('time', 'time')
  const tags = table.tags.map((tag) => sql('tag', tag))
  const fields = table.fields.map(({ name, means }) => sql(means, name))
  return {
    tree: { kind: 'name', name: table.name, alias: alias() },
    columns: [...(table.isExtreme ? [] : [time]), ...tags, ...fields],
    unique: [time, ...tags],
    isTable: true,
    hasTime: true,
    isExtreme: table.isExtreme,
  }
}

const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN', 'INNER JOIN'] as const
const DERIVED = { unique: [], isTable: false, hasTime: false, isExtreme: false } as const

function joined(making: Making): Source {
  const { dice, database } = making
  if (dice.once(4)) return nextInTime(making)
  const side = (): Source => {
    const inner = dice.once(2)
      ? tableSource(dice.pick(database.tables))
      : source({ ...making, depth: making.depth - 1 })
    return inner.tree.kind === 'join' ? tableSource(dice.pick(database.tables)) : inner
  }
  const [left, right] = [side(), side()]
  const kind = dice.pick(JOINS)
  const a = qualified(left, kind === 'RIGHT JOIN' || kind === 'FULL JOIN')
  const b = qualified(right, kind === 'LEFT JOIN' || kind === 'FULL JOIN')
  const made = { kind: 'join' as const, left: left.tree, right: right.tree }
  const columns = [...a.shown, ...b.shown]
  if (kind === 'CROSS JOIN') {
    const tree: SourceTree = { ...made, ours: [kind, ''], theirs: [kind, ''], parts: [] }
    return { ...DERIVED, columns, tree }
  }
  const shared = left.columns.filter(({ ours, type }) =>
    right.columns.some((each) => each.ours === ours && each.type === type),
  )
  if (shared.length > 0 && dice.once(4)) return using(dice.pick(shared), kind, { made, a, b })
  const parts = [equality(a.own, b.own, dice)]
  if (dice.once(3)) parts.push(expressionOf('bool', { dice, database, columns: [...a.own, ...b.own] }, 2))
  const condition = `ON ${parts.map((_, k) => `{${k}}`).join(' AND ')}`
  const tree: SourceTree = { ...made, ours: [kind, condition], theirs: [kind, condition], parts }
  return { ...DERIVED, columns, tree }
}

interface Sides {
  made: { kind: 'join'; left: SourceTree; right: SourceTree }
  a: { own: Sql[]; shown: Sql[] }
  b: { own: Sql[]; shown: Sql[] }
}

/** A column that both sides have becomes one; the columns of the name of one side are then left alone. */
function using(column: Sql, kind: string, { made, a, b }: Sides): Source {
  const isOfName = ({ ours }: Sql): boolean => ours.endsWith(`.${column.ours}`)
  const [left, right] = [a.own.find(isOfName), b.own.find(isOfName)]
  if (left === undefined || right === undefined) throw new Error('both sides have the column')
  const condition = equals(left, right)
  const padded = kind === 'FULL JOIN' || kind === 'RIGHT JOIN'
  const both = padded ? `coalesce(${left.ours}, ${right.ours})` : left.ours
  const columns = [
    ...[...a.shown, ...b.shown].filter((each) => !isOfName(each)),
    sql(column.type, column.ours, [], both),
  ]
  const theirs = `ON ${condition.theirs}`
  const tree: SourceTree = {
    ...made,
    ours: [kind, `USING (${column.ours})`],
    theirs: [kind, theirs],
    parts: condition.parts,
  }
  return { ...DERIVED, columns, tree }
}

/** ASOF JOIN with a side that has one row for each time and tag. */
function nextInTime({ dice, database }: Making): Source {
  const tables = database.tables.filter(({ isExtreme }) => !isExtreme)
  if (tables.length === 0) return tableSource(dice.pick(database.tables))
  const [left, table] = [tableSource(dice.pick(tables)), dice.pick(tables)]
  const shared = left.columns
    .filter(({ type, ours }) => type === 'tag' && table.tags.includes(ours))
    .map(({ ours }) => ours)
  const tags = dice.some(shared)
  const keys = [sql('time', 'time'), ...tags.map((tag) => sql('tag', tag))]
  const values = [sql('small', 'max(j1)'), sql('exact', 'min(x1)')]
  const items = [...keys, ...values].map((value, k): Item => {
    return { value, name: k < keys.length ? value.ours : `c${k}`, reading: 'same' }
  })
  const inner: SelectTree = { kind: 'select', distinct: false, items, from: tableSource(table).tree, groups: keys }
  const right = { kind: 'query' as const, query: { named: [], body: inner, orderBy: [], per: [] }, alias: alias() }
  const l = left.tree.kind === 'join' ? '' : left.tree.alias
  const r = right.alias
  const isNext = dice.once(2)
  const isInner = dice.once(3)
  const tolerance = dice.once(2) ? database.stepNs * BigInt(dice.between(0, 5)) : undefined
  const near = tolerance === undefined ? 'TRUE' : `abs(${l}.time - ${r}.time) <= ${tolerance}`
  const on = tags.map((tag) => `coalesce(${l}.${tag}, '') = coalesce(${r}.${tag}, '') AND `).join('')
  const tested = `ON ${on}${l}.time ${isNext ? '<=' : '>='} ${r}.time`
  // There a row that is too far hides nothing: it is found, and then told apart.
  const shown = values.map(({ type }, k) => {
    const column = `${r}.c${k + keys.length}`
    return sql(type, column, [], `CASE WHEN ${near} THEN ${column} END`)
  })
  const columns = [...qualified(left, false).own, ...shown]
  const ours = `${tags.length > 0 ? `ON (${tags.join(', ')})` : ''}${tolerance === undefined ? '' : ` TOLERANCE ${tolerance}ns`}${isNext ? ' NEXT' : ''}`
  const tree: SourceTree = {
    kind: 'join',
    left: left.tree,
    right,
    ours: [`ASOF ${isInner ? 'INNER ' : ''}JOIN`, ours],
    theirs: ['ASOF LEFT JOIN', tested],
    parts: [],
  }
  const where = isInner ? { needed: sql('bool', 'TRUE', [], `(${r}.time IS NOT NULL AND ${near})`) } : {}
  return { ...DERIVED, columns, tree, ...where }
}

function equals(a: Sql, b: Sql): Sql {
  const isTag = a.type === 'tag'
  return sql('bool', '({0} = {1})', [a, b], isTag ? "(coalesce({0}, '') = coalesce({1}, ''))" : '({0} = {1})')
}

function equality(left: readonly Sql[], right: readonly Sql[], dice: Dice): Sql {
  const pairs = left.flatMap((a) =>
    right.filter((b) => b.type === a.type && a.type !== 'odd').map((b) => [a, b] as const),
  )
  if (pairs.length === 0) return sql('bool', '(1 = 1)')
  const likely = pairs.filter(([{ type }]) => type !== 'exact' && type !== 'wide')
  const [a, b] = dice.pick(likely.length > 0 ? likely : pairs)
  return equals(a, b)
}

/** The columns of a side by name and side; where rows may have no pair, its tags are plain texts to those behind it. */
function qualified({ tree, columns }: Source, isPadded: boolean): { own: Sql[]; shown: Sql[] } {
  const of = tree.kind === 'join' ? '' : `${tree.alias}.`
  const own = columns.map(({ type, ours }) => sql(type, of + ours))
  return { own, shown: own.map((column) => (isPadded && column.type === 'tag' ? { ...column, type: 'text' } : column)) }
}
