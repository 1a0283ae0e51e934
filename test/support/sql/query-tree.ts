import { type Dialect, printSql, type Sql } from './sql-node.ts'

/** How a column of an answer is compared: as it is, or as what the list of values that DuckDB gives amounts to. */
export type Reading = 'same' | 'sum' | 'avg' | 'stddev' | 'variance' | 'stddev_pop' | 'mode'

export interface Item {
  value: Sql
  name: string
  reading: Reading
}

export interface OrderTree {
  /** Place of a column of the answer, from 0, or an expression of the rows. */
  by: number | Sql
  /** What stands behind it, such as ` DESC NULLS FIRST`. */
  direction: string
}

export interface WindowTree {
  /** What stands in GROUP BY. */
  ours: string
  /** The start of the window of `{0}`, the time. */
  theirs: string
  /** Behind the groups. */
  clauses: string
  /** Windows begin from the first to before the second. */
  bounds?: readonly [from: bigint, to: bigint]
  /** How many windows a time is in, and by how much the next begins earlier. */
  overlap?: { count: number; step: bigint }
}

export interface SelectTree {
  kind: 'select'
  distinct: boolean
  items: readonly Item[]
  from: SourceTree
  where?: Sql
  latest?: { by: readonly string[] }
  window?: WindowTree
  groups: readonly Sql[]
  /** Groups are named here by the places of their items. */
  byPlace?: true
  having?: Sql
}

export interface SetTree {
  kind: 'set'
  op: 'UNION' | 'UNION ALL' | 'INTERSECT' | 'INTERSECT ALL' | 'EXCEPT' | 'EXCEPT ALL'
  left: SelectTree | SetTree
  right: SelectTree | SetTree
}

export type SourceTree =
  | { kind: 'name'; name: string; alias: string }
  | { kind: 'query'; query: QueryTree; alias: string }
  | { kind: 'values'; rows: readonly (readonly Sql[])[]; alias: string }
  | {
      kind: 'join'
      left: SourceTree
      right: SourceTree
      ours: [before: string, behind: string]
      theirs: [string, string]
      parts: readonly Sql[]
    }

export interface QueryTree {
  named: readonly { name: string; query: QueryTree }[]
  body: SelectTree | SetTree
  orderBy: readonly OrderTree[]
  limit?: number
  offset?: number
  /** Columns of the answer, of each of whose values LIMIT takes its rows. */
  per: readonly number[]
}

/** What a query gives. A column of a set operation is a tag where it is one on both sides, else a text. */
export function itemsOf(body: SelectTree | SetTree): readonly Item[] {
  if (body.kind === 'select') return body.items
  const right = itemsOf(body.right)
  return itemsOf(body.left).map((item, at) => {
    const isText = item.value.type === 'tag' && right[at]?.value.type !== 'tag'
    return isText ? { ...item, value: { ...item.value, type: 'text' } } : item
  })
}

export function printQuery(query: QueryTree, dialect: Dialect): string {
  const named = query.named.map((each) => `${each.name} AS (${printQuery(each.query, dialect)})`).join(', ')
  const before = named === '' ? '' : `WITH ${named} `
  const order = query.orderBy.map(({ by, direction }) => `${printOrder(by, dialect)}${direction}`).join(', ')
  const orderBy = order === '' ? '' : ` ORDER BY ${order}`
  const body = printBody(query.body, dialect)
  if (dialect === 'theirs' && query.per.length > 0) return `${before}${printRanked(query, body)}${orderBy}`
  const per = query.per.map((place) => itemsOf(query.body)[place]?.name).join(', ')
  const limit = query.limit === undefined ? '' : ` LIMIT ${query.limit}${per === '' ? '' : ` PER ${per}`}`
  const offset = query.offset === undefined ? '' : ` OFFSET ${query.offset}`
  return before + body + orderBy + limit + offset
}

function printOrder(by: OrderTree['by'], dialect: Dialect): string {
  return typeof by === 'number' ? String(by + 1) : printSql(by, dialect)
}

/** LIMIT PER as rows numbered by a window function. */
function printRanked({ body, per, orderBy, limit = 0, offset = 0 }: QueryTree, text: string): string {
  const names = itemsOf(body).map(({ name }) => name)
  const keys = per.map((place) => names[place]).join(', ')
  const order = orderBy.map(({ by, direction }) => `${typeof by === 'number' ? names[by] : ''}${direction}`).join(', ')
  const rank = `row_number() OVER (PARTITION BY ${keys} ORDER BY ${order})`
  return `SELECT ${names.join(', ')} FROM (${text}) AS ranked QUALIFY ${rank} BETWEEN ${offset + 1} AND ${offset + limit}`
}

function printBody(body: SelectTree | SetTree, dialect: Dialect): string {
  if (body.kind === 'select') return printSelect(body, dialect)
  return `(${printBody(body.left, dialect)}) ${body.op} (${printBody(body.right, dialect)})`
}

function printSelect(select: SelectTree, dialect: Dialect): string {
  const { distinct, items, where, having, latest, window, groups } = select
  const list = items.map(({ value, name }) => `${printSql(value, dialect)} AS ${name}`).join(', ')
  const head = `SELECT ${distinct ? 'DISTINCT ' : ''}${list} FROM `
  const keys = groups.map((group) => printSql(group, dialect))
  const tests = where ? [printSql(where, dialect)] : []
  const test = having ? ` HAVING ${printSql(having, dialect)}` : ''
  const from = printSource(select.from, dialect)
  if (dialect === 'theirs') {
    const groupBy = [...(window ? ['window_start'] : []), ...keys].join(', ')
    const newest = latest ? ` QUALIFY ${printNewest(latest.by)}` : ''
    const source = window ? printWindows(window, from) : from
    if (window?.bounds)
      tests.push(
        `${window.theirs.replaceAll('{0}', `(${window.bounds[0]})::BIGINT`)} <= window_start`,
        `window_start < ${window.bounds[1]}`,
      )
    return `${head}${source}${conditionOf(tests)}${groupBy === '' ? '' : ` GROUP BY ${groupBy}`}${test}${newest}`
  }
  const named = select.byPlace ? keys.map((_, k) => String(k + (window ? 2 : 1))) : keys
  const groupBy = [...(window ? [window.ours] : []), ...named].join(', ')
  const by = latest && latest.by.length > 0 ? ` PARTITION BY ${latest.by.join(', ')}` : ''
  const newest = latest ? ` LATEST ON time${by}` : ''
  return `${head}${from}${conditionOf(tests)}${newest}${groupBy === '' ? '' : ` GROUP BY ${groupBy}${window?.clauses ?? ''}`}${test}`
}

function conditionOf(tests: readonly string[]): string {
  return tests.length === 0
    ? ''
    : ` WHERE ${tests.map((test) => (tests.length > 1 ? `(${test})` : test)).join(' AND ')}`
}

/** Of rows of one time that of the greatest series is the newest. */
function printNewest(by: readonly string[]): string {
  const keys = by.map((tag) => `coalesce(${tag}, '')`).join(', ')
  return `row_number() OVER (${keys === '' ? '' : `PARTITION BY ${keys} `}ORDER BY time DESC, series_rank DESC) = 1`
}

function printWindows({ theirs, overlap }: WindowTree, from: string): string {
  if (overlap === undefined) return `(SELECT *, ${theirs.replaceAll('{0}', 'time')} AS window_start FROM ${from})`
  const start = `${theirs.replaceAll('{0}', 'time')} - steps.back * ${overlap.step}`
  return `(SELECT rows.*, ${start} AS window_start FROM ${from.replace(/ AS \w+$/, '')} AS rows, range(${overlap.count}) AS steps(back))`
}

function printSource(source: SourceTree, dialect: Dialect): string {
  switch (source.kind) {
    case 'name':
      return `${source.name} AS ${source.alias}`
    case 'query':
      return `(${printQuery(source.query, dialect)}) AS ${source.alias}`
    case 'values': {
      const rows = source.rows.map((row) => `(${row.map((value) => printSql(value, dialect)).join(', ')})`).join(', ')
      const names = source.rows[0]?.map((_, k) => `c${k}`).join(', ')
      return `(VALUES ${rows}) AS ${source.alias}(${names})`
    }
    case 'join': {
      const [before, behind] = source[dialect]
      const condition = printSql(
        { type: 'bool', ours: behind, theirs: behind, parts: source.parts, queries: [] },
        dialect,
      )
      return `${printSource(source.left, dialect)} ${before} ${printSource(source.right, dialect)} ${condition}`
    }
  }
}
