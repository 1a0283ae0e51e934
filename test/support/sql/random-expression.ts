import type { Dice } from './dice.ts'
import type { QueryTree } from './query-tree.ts'
import type { PlainDatabase } from './random-database.ts'
import { type Sql, type SqlType, sql } from './sql-node.ts'

/** What expressions can be made of at a place. */
export interface ExpressionPlace {
  dice: Dice
  columns: readonly Sql[]
  database: PlainDatabase
  /** A query of one column of a type, where there may be one. */
  query?: (type: SqlType, rows: 'one' | 'many') => QueryTree
}

/** `[ours, types of the parts, theirs]`. */
type Template = readonly [ours: string, parts: readonly SqlType[], theirs?: string]

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'] as const

const TEMPLATES: Readonly<Record<SqlType, readonly Template[]>> = {
  exact: [
    ['({0} + {1})', ['exact', 'exact']],
    ['({0} - {1})', ['exact', 'small']],
    ['({0} * 0.5)', ['exact'], '({0} * 0.5::DOUBLE)'],
    ['({0} * ({1} % 8))', ['exact', 'small']],
    ['({0} / 4)', ['small']],
    ['(-{0})', ['exact']],
    ['abs({0})', ['exact']],
    ['floor({0})', ['exact']],
    ['ceil({0})', ['exact']],
    ['round({0})', ['exact']],
    ['greatest({0}, {1})', ['exact', 'exact']],
    ['least({0}, {1}, {2})', ['exact', 'exact', 'exact']],
    ['coalesce({0}, {1})', ['exact', 'exact']],
    ['nullif({0}, {1})', ['exact', 'exact']],
    ['CASE WHEN {0} THEN {1} ELSE {2} END', ['bool', 'exact', 'exact']],
    ['CASE WHEN {0} THEN {1} WHEN {2} THEN {3} END', ['bool', 'exact', 'bool', 'exact']],
    ['CAST({0} AS f64)', ['small'], 'CAST({0} AS DOUBLE)'],
    ['if({0}, {1}, {2})', ['bool', 'exact', 'exact']],
    ['trunc({0})', ['exact']],
    ['sign({0})', ['exact'], 'sign({0})::DOUBLE'],
    ['clamp({0}, -5, 5)', ['exact'], 'CASE WHEN {0} IS NOT NULL THEN greatest(least({0}, 5::DOUBLE), -5::DOUBLE) END'],
  ],
  odd: [
    ['({0} + {1})', ['odd', 'odd']],
    ['({0} * {1})', ['odd', 'exact']],
    ['({0} / {1})', ['odd', 'exact']],
    ['({0} / {1})', ['small', 'small'], '({0} / nullif({1}, 0))'],
    ['({0} / {1})', ['exact', 'small'], '({0} / {1}::DOUBLE)'],
    ['({0} - {1})', ['exact', 'odd']],
    ['(-{0})', ['odd']],
    ['abs({0})', ['odd']],
    ['sqrt(abs({0}))', ['odd']],
    ['greatest({0}, {1})', ['odd', 'odd']],
    ['least({0}, {1})', ['odd', 'exact']],
    ['coalesce({0}, {1})', ['odd', 'odd']],
    ['nullif({0}, {1})', ['odd', 'odd']],
    ['CASE WHEN {0} THEN {1} ELSE {2} END', ['bool', 'odd', 'odd']],
    ['({0} % {1})', ['exact', 'exact'], '({0} % {1})'],
    ['floor({0})', ['odd']],
    ['CAST({0} AS f64)', ['wide'], 'CAST({0} AS DOUBLE)'],
    ['(0.5 * {0})', ['wide'], '(0.5::DOUBLE * {0})'],
  ],
  small: [
    ['({0} + {1})', ['small', 'small']],
    ['({0} - {1})', ['small', 'small']],
    ['(({0} % 97) * ({1} % 89))', ['small', 'small']],
    ['({0} // 7)', ['small']],
    ['({0} % {1})', ['small', 'small']],
    ['({0} // {1})', ['small', 'small']],
    ['(-{0})', ['small']],
    ['abs({0})', ['small']],
    ['({0} & {1})', ['small', 'small']],
    ['({0} | {1})', ['small', 'small']],
    ['(~{0})', ['small']],
    ['greatest({0}, {1})', ['small', 'small']],
    ['least({0}, {1})', ['small', 'small']],
    ['coalesce({0}, {1})', ['small', 'small']],
    ['nullif({0}, {1})', ['small', 'small']],
    ['CASE WHEN {0} THEN {1} ELSE {2} END', ['bool', 'small', 'small']],
    ['CASE {0} WHEN {1} THEN {2} ELSE {3} END', ['small', 'small', 'small', 'small']],
    ['CASE {0} WHEN {1} THEN {2} END', ['text', 'text', 'small']],
    ['length({0})', ['text']],
    ["strpos({0}, 'a')", ['text']],
    ['CAST({0} AS i64)', ['exact'], 'CAST({0} AS BIGINT)'],
    ['CAST({0} AS i64)', ['bool'], 'CAST({0} AS BIGINT)'],
    ['length({0})', ['tag']],
    ...['hour', 'minute', 'day', 'month', 'year', 'dow', 'isodow', 'doy', 'week', 'quarter'].map((part): Template => {
      return [`date_part('${part}', {0})`, ['time'], `date_part('${part}', clock('UTC', {0}))`]
    }),
    ...ZONES.map((zone): Template => {
      return [`EXTRACT(hour FROM {0} AT '${zone}')`, ['time'], `date_part('hour', clock('${zone}', {0}))`]
    }),
    ['bit_count({0})', ['wide'], 'bit_count({0})::BIGINT'],
    ['({0} >> 3)', ['small']],
    ['round({0}, -1)', ['small']],
    ['if({0}, {1}, {2})', ['bool', 'small', 'small']],
    ['sign({0})', ['small'], 'sign({0})::BIGINT'],
  ],
  wide: [
    ['({0} & {1})', ['wide', 'wide']],
    ['({0} | {1})', ['wide', 'small']],
    ['xor({0}, {1})', ['wide', 'wide']],
    ['({0} // 7)', ['wide']],
    ['({0} - {1})', ['time', 'time']],
    ['({0} // 3 + {1})', ['wide', 'small']],
    ['({0} % 5)', ['wide']],
    ['greatest({0}, {1})', ['wide', 'small']],
    ['least({0}, {1})', ['wide', 'wide']],
    ['coalesce({0}, {1})', ['wide', 'small']],
    ['nullif({0}, {1})', ['wide', 'wide']],
    ['CASE WHEN {0} THEN {1} ELSE {2} END', ['bool', 'wide', 'wide']],
  ],
  text: [
    ['({0} || {1})', ['text', 'text']],
    ["({0} || '-' || {1})", ['tag', 'text']],
    ['upper({0})', ['tag']],
    ['lower({0})', ['text']],
    ['reverse({0})', ['text']],
    ['left({0}, 2)', ['text']],
    ['substr({0}, 2)', ['text']],
    ["replace({0}, 'a', 'b')", ['text']],
    ['coalesce({0}, {1})', ['text', 'text']],
    ['coalesce({0}, {1})', ['tag', 'text']],
    ["coalesce({0}, 'none')", ['tag']],
    ['nullif({0}, {1})', ['text', 'text']],
    ['CASE WHEN {0} THEN {1} ELSE {2} END', ['bool', 'text', 'text']],
    ['CASE WHEN {0} THEN {1} END', ['bool', 'tag']],
    ["concat({0}, '+', {1})", ['text', 'tag']],
    ['greatest({0}, {1})', ['text', 'text']],
    ['least({0}, {1})', ['text', 'text']],
    ['CAST({0} AS string)', ['small'], 'CAST({0} AS VARCHAR)'],
    ['CAST({0} AS string)', ['bool'], 'CAST({0} AS VARCHAR)'],
    ['trim({0})', ['text']],
    ["concat_ws(',', {0}, {1})", ['text', 'text']],
    ["lpad({0}, 4, 'xy')", ['text']],
    ['right({0}, 2)', ['text']],
    ["regexp_replace({0}, '[ab]+', 'c', 'g')", ['text']],
    ["split_part({0}, ',', 2)", ['text']],
    ['repeat({0}, 2)', ['text']],
  ],
  tag: [],
  bool: [
    ...['=', '<>', '<', '<=', '>', '>='].flatMap((op): Template[] => [
      [`({0} ${op} {1})`, ['exact', 'exact']],
      [`({0} ${op} {1})`, ['small', 'small']],
      [`({0} ${op} {1})`, ['text', 'text']],
      [`({0} ${op} {1})`, ['odd', 'odd']],
      [`({0} ${op} {1})`, ['small', 'exact']],
      [`({0} ${op} 'b')`, ['tag'], `(coalesce({0}, '') ${op} 'b')`],
    ]),
    ['({0} = {1})', ['wide', 'wide']],
    ['({0} < {1})', ['wide', 'small']],
    ['({0} = {1})', ['bool', 'bool']],
    ['({0} = {1})', ['tag', 'tag'], "(coalesce({0}, '') = coalesce({1}, ''))"],
    ['({0} < {1})', ['tag', 'text'], "(coalesce({0}, '') < {1})"],
    ["({0} = '')", ['tag'], "(coalesce({0}, '') = '')"],
    ["({0} <> 'a')", ['tag'], "(coalesce({0}, '') <> 'a')"],
    ["({0} IN ('a', 'B', '\uffee'))", ['tag'], "(coalesce({0}, '') IN ('a', 'B', '\uffee'))"],
    ["({0} NOT IN ('a', ''))", ['tag'], "(coalesce({0}, '') NOT IN ('a', ''))"],
    ["({0} =~ '[ab].*')", ['tag'], "regexp_full_match(coalesce({0}, ''), '[ab].*')"],
    ["({0} !~ '(web-.*)?')", ['tag'], "(NOT regexp_full_match(coalesce({0}, ''), '(web-.*)?'))"],
    ["({0} =~ 'a.*')", ['text'], "regexp_full_match({0}, 'a.*')"],
    ["({0} LIKE '%b%')", ['tag'], "(coalesce({0}, '') LIKE '%b%')"],
    ["({0} LIKE '%')", ['tag'], "(coalesce({0}, '') LIKE '%')"],
    ['({0} IS NULL)', ['tag']],
    ['({0} IS NOT NULL)', ['tag']],
    ["({0} BETWEEN 'a' AND 'c')", ['tag'], "(coalesce({0}, '') BETWEEN 'a' AND 'c')"],
    ['({0} AND {1})', ['bool', 'bool']],
    ['({0} OR {1})', ['bool', 'bool']],
    ['({0} AND {1} AND {2})', ['bool', 'bool', 'bool']],
    ['(NOT {0})', ['bool']],
    ["({0} LIKE '%a_')", ['text']],
    ["({0} NOT LIKE 'a%')", ['text']],
    ["({0} ILIKE '%B%')", ['text']],
    ['({0} IS NULL)', ['small']],
    ['({0} IS NOT NULL)', ['exact']],
    ['({0} IS NULL)', ['text']],
    ['({0} IS NULL)', ['bool']],
    ['({0} IS TRUE)', ['bool']],
    ['({0} IS NOT FALSE)', ['bool']],
    ['({0} IS NOT TRUE)', ['bool']],
    ['({0} IS DISTINCT FROM {1})', ['exact', 'exact']],
    ['({0} IS DISTINCT FROM {1})', ['odd', 'odd']],
    ['({0} IS NOT DISTINCT FROM {1})', ['text', 'text']],
    ['({0} BETWEEN {1} AND {2})', ['small', 'small', 'small']],
    ['({0} NOT BETWEEN {1} AND {2})', ['exact', 'exact', 'small']],
    ['({0} BETWEEN {1} AND {2})', ['text', 'text', 'text']],
    ['({0} IN (1, 2, -3))', ['small']],
    ['({0} NOT IN (1, 2, NULL))', ['small']],
    ['({0} IN (1, 2.5, 0))', ['exact'], '({0} IN (1::DOUBLE, 2.5::DOUBLE, 0::DOUBLE))'],
    ["({0} IN ('a', 'ab', NULL))", ['text']],
    ["({0} NOT IN ('a', ''))", ['text']],
    ['isnan({0})', ['odd']],
    ['isfinite({0})', ['odd']],
    ['starts_with({0}, {1})', ['text', 'text']],
    ["contains({0}, 'a')", ['text']],
    ['coalesce({0}, {1})', ['bool', 'bool']],
    ['CASE WHEN {0} THEN {1} ELSE {2} END', ['bool', 'bool', 'bool']],
    ['({0} < {1})', ['time', 'time']],
    ['({0} BETWEEN {1} AND {2})', ['time', 'time', 'time']],
  ],
  time: [
    ['CASE WHEN {0} THEN {1} END', ['bool', 'time']],
    ['greatest({0}, {1})', ['time', 'time']],
    ['coalesce({0}, {1})', ['time', 'time']],
    ['({0} + 90s)', ['time'], '({0} + 90000000000)'],
    ['({0} - 1h30m)', ['time'], '({0} - 5400000000000)'],
    ['time_bucket(15m, {0})', ['time'], 'window_start(900000000000, 0, {0})'],
    ...ZONES.flatMap((zone): Template[] => [
      [`date_trunc('day', {0}, '${zone}')`, ['time'], `calendar_start('day', '${zone}', {0})`],
      [`date_trunc('month', {0}, '${zone}')`, ['time'], `calendar_start('month', '${zone}', {0})`],
    ]),
    ["date_trunc('hour', {0})", ['time'], "calendar_start('hour', 'UTC', {0})"],
    ["date_trunc('week', {0})", ['time'], "calendar_start('week', 'UTC', {0})"],
  ],
}

/** Their types are told, since there `0.5` is a decimal and `3` has 32 bits. */
export function literalOf(type: SqlType, { dice, database }: Pick<ExpressionPlace, 'dice' | 'database'>): Sql {
  switch (type) {
    case 'exact': {
      const value = `${dice.between(-40, 40)}.${dice.pick(['0', '25', '5', '75'])}`
      return sql(type, value.startsWith('-') ? `(${value})` : value, [], `(${value})::DOUBLE`)
    }
    case 'odd': {
      const value = dice.pick(['0.1', '1e300', '-2.5e-7', '3.3'])
      return sql(type, value.startsWith('-') ? `(${value})` : value, [], `(${value})::DOUBLE`)
    }
    case 'small': {
      const value = dice.between(-6, 6)
      return sql(type, value < 0 ? `(${value})` : String(value), [], `(${value})::BIGINT`)
    }
    case 'wide': {
      const value = dice.pick(['9007199254740993', '4611686018427387904', '(-1)', '1099511627776'])
      return sql(type, value, [], `${value}::BIGINT`)
    }
    case 'bool':
      return sql(type, dice.pick(['TRUE', 'FALSE']))
    case 'time':
      return timeLiteral(dice, database)
    default:
      return sql('text', dice.pick(["'a'", "'ab'", "''", "'B'", "'z\u{1f30a}'", "'x,y'"]))
  }
}

export function timeLiteral(dice: Dice, { start, stepNs }: Pick<PlainDatabase, 'start' | 'stepNs'>): Sql {
  const time = start + BigInt(dice.between(-2, 40)) * stepNs
  const text = new Date(Number(time / 1_000_000n)).toISOString()
  const inText = time % 1_000_000n === 0n && dice.once(2)
  return sql('time', inText ? `time '${text}'` : `from_epoch_ns(${time})`, [], `(${time})::BIGINT`)
}

/** An expression of a type over the columns of a place, nested so deep at most. */
export function expressionOf(type: SqlType, place: ExpressionPlace, depth: number): Sql {
  const { dice, columns } = place
  const own = columns.filter((column) => column.type === type)
  if (type === 'tag') return own.length > 0 ? dice.pick(own) : expressionOf('text', place, depth)
  if (depth <= 0 || dice.once(4)) {
    if (own.length > 0 && !dice.once(5)) return dice.pick(own)
    return literalOf(type, place)
  }
  if (place.query && dice.once(30)) return withQuery(type, place, depth)
  const hasTag = columns.some((column) => column.type === 'tag')
  const templates = TEMPLATES[type].filter(([, parts]) => hasTag || !parts.includes('tag'))
  const [ours, parts, theirs = ours] = dice.pick(templates)
  return sql(
    type,
    ours,
    parts.map((part) => expressionOf(part, place, depth - 1)),
    theirs,
  )
}

function withQuery(type: SqlType, place: ExpressionPlace, depth: number): Sql {
  const { dice, query } = place
  if (query === undefined) throw new Error('there are no queries here')
  if (type !== 'bool') return { type, ours: '({q0})', theirs: '({q0})', parts: [], queries: [query(type, 'one')] }
  if (dice.once(3)) {
    const exists = dice.pick(['EXISTS ({q0})', '(NOT EXISTS ({q0}))'])
    return { type, ours: exists, theirs: exists, parts: [], queries: [query(dice.pick(['small', 'text']), 'many')] }
  }
  const of = dice.pick<SqlType>(['small', 'exact', 'text', 'wide', 'time'])
  const test = dice.pick(['({0} IN ({q0}))', '({0} NOT IN ({q0}))'])
  return { type, ours: test, theirs: test, parts: [expressionOf(of, place, depth - 1)], queries: [query(of, 'many')] }
}
