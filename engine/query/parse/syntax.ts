import type { BinaryOperator, UnaryOperator } from '../../core/expression.ts'

/** A place in the text, in UTF-16 code units. */
export interface SourceRange {
  offset: number
  length: number
}

interface Node {
  range: SourceRange
  /** Levels of this tree, 1 for a leaf: what recursion over it will need. */
  depth: number
}

export interface NameSyntax extends Node {
  kind: 'name'
  name: string
  /** What stands before the dot in `"t"."name"`; a bare `t.name` is one name. */
  qualifier?: string
}

export interface DurationSyntax extends Node {
  kind: 'duration'
  text: string
}

export type ExpressionSyntax =
  | NameSyntax
  | DurationSyntax
  | (Node & { kind: 'integer' | 'float' | 'string'; text: string })
  | (Node & { kind: 'boolean'; value: boolean })
  | (Node & { kind: 'null' })
  | (Node & { kind: 'parameter'; name: string })
  | (Node & {
      kind: 'call'
      name: string
      nameRange: SourceRange
      args: readonly ExpressionSyntax[]
      star: boolean
      /** `f(DISTINCT x)`. */
      distinct: boolean
      /** `f(x) FILTER (WHERE condition)`. */
      filter?: ExpressionSyntax
      /** `f(x) OVER (...)`. */
      over?: OverSyntax
    })
  | (Node & { kind: 'unary'; op: UnaryOperator; operand: ExpressionSyntax })
  | (Node & {
      kind: 'binary'
      op: Exclude<BinaryOperator, 'and' | 'or'>
      left: ExpressionSyntax
      right: ExpressionSyntax
    })
  /** Chains of AND and of OR are one node each, so that long ones stay flat. */
  | (Node & { kind: 'logical'; op: 'and' | 'or'; operands: readonly ExpressionSyntax[] })
  | (Node & { kind: 'match'; negated: boolean; operand: ExpressionSyntax; pattern: ExpressionSyntax })
  | (Node & { kind: 'in'; negated: boolean; operand: ExpressionSyntax; values: readonly ExpressionSyntax[] })
  /** `(query)`, `EXISTS (query)` and `x IN (query)`; `text` is that of the query, in its brackets. */
  | (Node & { kind: 'query'; query: SelectStatement; text: string })
  | (Node & { kind: 'exists'; query: SelectStatement; text: string })
  | (Node & { kind: 'in query'; negated: boolean; operand: ExpressionSyntax; query: SelectStatement; text: string })
  | (Node & { kind: 'infix'; op: InfixOperator; left: ExpressionSyntax; right: ExpressionSyntax })
  | (Node & {
      kind: 'like'
      op: 'like' | 'ilike'
      negated: boolean
      operand: ExpressionSyntax
      pattern: ExpressionSyntax
      escape?: ExpressionSyntax
    })
  | (Node & { kind: 'is'; negated: boolean; what: TruthWord; operand: ExpressionSyntax })
  | (Node & { kind: 'distinct'; negated: boolean; left: ExpressionSyntax; right: ExpressionSyntax })
  | (Node & {
      kind: 'case'
      /** Of `CASE x WHEN 1 ...`: what each WHEN is compared with. */
      operand?: ExpressionSyntax
      branches: readonly { when: ExpressionSyntax; value: ExpressionSyntax }[]
      otherwise?: ExpressionSyntax
    })
  /** `CAST(x AS target)`, `x::target`: a type or a unit. With `tries` what cannot be converted is missing. */
  | (Node & { kind: 'cast'; operand: ExpressionSyntax; target: string; targetRange: SourceRange; tries: boolean })
  | (Node & {
      kind: 'between'
      negated: boolean
      operand: ExpressionSyntax
      low: ExpressionSyntax
      high: ExpressionSyntax
    })

/** Operators that are functions of two arguments. */
export type InfixOperator = '||' | '&' | '|' | '<<' | '>>' | '//' | '->' | '->>'

/** What `IS` asks for beside NULL: a truth value, or a class of quality. */
export type TruthWord = 'true' | 'false' | 'good' | 'uncertain' | 'bad'

/** The rows that a window function sees: those of the partition, in an order, within a frame. */
export interface OverSyntax {
  range: SourceRange
  partitionBy: readonly ExpressionSyntax[]
  orderBy: readonly OrderItem[]
  frame?: FrameSyntax
}

export interface FrameSyntax {
  range: SourceRange
  unit: 'rows' | 'range'
  start: BoundSyntax
  end: BoundSyntax
}

export interface BoundSyntax {
  range: SourceRange
  kind: 'preceding' | 'current' | 'following'
  /** Absent for UNBOUNDED and for CURRENT ROW. */
  distance?: ExpressionSyntax
}

export type SelectItem =
  | { kind: 'star'; range: SourceRange; qualifier?: string }
  /** With an offset it is the value of so much earlier. */
  | { kind: 'expression'; expression: ExpressionSyntax; offset?: DurationSyntax; alias?: NameSyntax }

export interface OrderItem {
  expression: ExpressionSyntax
  descending: boolean
  nullsFirst: boolean
}

/** A query with what stands before and behind it; what a sub-query, too, is. */
export interface SelectStatement extends Node {
  kind: 'select'
  tables: readonly NamedQuery[]
  body: QueryBody
  orderBy: readonly OrderItem[]
  limit?: ExpressionSyntax
  /** `LIMIT n PER keys`: the limit counts rows of each key. */
  per: readonly ExpressionSyntax[]
  offset?: ExpressionSyntax
}

/** `name AS (query)` behind WITH. */
export interface NamedQuery {
  name: NameSyntax
  columns: readonly NameSyntax[]
  query: SelectStatement
}

export type QueryBody = SelectStatement | CoreSyntax | SetSyntax | ValuesSyntax

/** From SELECT to HAVING. */
export interface CoreSyntax extends Node {
  kind: 'core'
  distinct: boolean
  items: readonly SelectItem[]
  from?: SourceSyntax
  where?: ExpressionSyntax
  period?: PeriodSyntax
  /** `LATEST ON time PARTITION BY tags`. */
  latest?: { range: SourceRange; by: readonly NameSyntax[] }
  groupBy: readonly ExpressionSyntax[]
  /** What is said of the windows, where GROUP BY has a duration. */
  windows?: WindowsSyntax
  /** Windows that rows make by themselves. */
  span?: SpanSyntax
  having?: ExpressionSyntax
}

/** Windows of rows that follow one another: what makes them one. */
export type SpanSyntax =
  | { kind: 'session'; range: SourceRange; gap: DurationSyntax }
  | { kind: 'state'; range: SourceRange; state: ExpressionSyntax }
  | { kind: 'event'; range: SourceRange; from: ExpressionSyntax; to: ExpressionSyntax }
  | { kind: 'count'; range: SourceRange; count: ExpressionSyntax; slide?: ExpressionSyntax }

/** How windows of time lie, and what stands where they have no value. */
export interface WindowsSyntax {
  range: SourceRange
  /** From the start of a window to that of the next. */
  step?: DurationSyntax
  bounds?: { from: ExpressionSyntax; to: ExpressionSyntax }
  align?: AlignSyntax
  zone?: ExpressionSyntax
  fill?: FillSyntax
}

/** `ALIGN TO`: the calendar, the first row, or a time. */
export interface AlignSyntax {
  range: SourceRange
  to: 'calendar' | 'first' | ExpressionSyntax
}

/** `SINCE time UNTIL time`, or `OVER LAST duration`. */
export type PeriodSyntax =
  | { kind: 'since'; range: SourceRange; since: ExpressionSyntax; until?: ExpressionSyntax }
  | { kind: 'last'; range: SourceRange; length: DurationSyntax }

export interface FillSyntax {
  range: SourceRange
  options: readonly FillOption[]
  maxGap?: DurationSyntax
}

/** `PREV`, or `column: PREV`. */
export interface FillOption {
  range: SourceRange
  column?: NameSyntax
  method: 'none' | 'null' | 'previous' | 'next' | 'linear' | 'value'
  /** Of the method `value`. */
  value?: ExpressionSyntax
}

export type SetOperator = 'union' | 'intersect' | 'except'

/** Operands of one operator in a row are one node, so that long chains stay flat. */
export interface SetSyntax extends Node {
  kind: 'set'
  op: SetOperator
  all: boolean
  operands: readonly QueryBody[]
}

export interface ValuesSyntax extends Node {
  kind: 'values'
  rows: readonly (readonly ExpressionSyntax[])[]
}

/** What rows come from. */
export type SourceSyntax = TableSource | QuerySource | JoinSyntax

export interface TableSource extends Node {
  kind: 'table'
  name: NameSyntax
  alias?: NameSyntax
}

export interface QuerySource extends Node {
  kind: 'query'
  query: SelectStatement
  alias?: NameSyntax
  columns: readonly NameSyntax[]
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'cross'

export interface JoinSyntax extends Node {
  kind: 'join'
  join: JoinKind
  left: SourceSyntax
  right: SourceSyntax
  on?: ExpressionSyntax
  using: readonly NameSyntax[]
  /** Absent but for ASOF JOIN. */
  asof?: { direction: 'previous' | 'next' | 'nearest'; tolerance?: DurationSyntax }
  /** Absent but for WINDOW JOIN. */
  around?: AroundSyntax
}

/** `RANGE BETWEEN a AND b`: which rows are around one, in time. */
export interface AroundSyntax {
  range: SourceRange
  start: BoundSyntax
  end: BoundSyntax
  /** Also the row that was the newest where the range begins. */
  prevailing: boolean
}

export type ShowSubject =
  | 'tables'
  | 'tags'
  | 'tag values'
  | 'fields'
  | 'series'
  | 'cardinality'
  | 'encodings'
  | 'queries'
  | 'create table'
  | 'views'
  | 'create view'

export interface ShowStatement {
  kind: 'show'
  range: SourceRange
  subject: ShowSubject
  table?: NameSyntax
  key?: NameSyntax
  where?: ExpressionSyntax
  limit?: ExpressionSyntax
}

/** A model with its named arguments, such as `prophet(seasonality=weekly)`. */
export interface ModelSyntax {
  name: NameSyntax
  args: readonly ModelArgument[]
}

export interface ModelArgument {
  name: NameSyntax
  /** A bare word stands for itself as a text. */
  value: ExpressionSyntax
}

/** What a statement about a model is about: a value over time. */
interface TargetSyntax {
  range: SourceRange
  target: ExpressionSyntax
  from?: SourceSyntax
  where?: ExpressionSyntax
  by: readonly NameSyntax[]
}

export interface ForecastStatement extends TargetSyntax {
  kind: 'forecast'
  model: ModelSyntax
  /** How far ahead. */
  horizon: DurationSyntax
  every?: DurationSyntax
  confidence?: ExpressionSyntax
  train?: DurationSyntax
  backtest?: ExpressionSyntax
  saveAs?: NameSyntax
}

export type DetectSubject = 'anomalies' | 'changes' | 'motifs' | 'seasonality'

export interface DetectStatement extends TargetSyntax {
  kind: 'detect'
  subject: DetectSubject
  models: readonly ModelSyntax[]
  /** How many of the models have to agree. */
  vote?: ExpressionSyntax
  /** `OVER LAST duration`. */
  over?: DurationSyntax
  alert?: AlertSyntax
}

export interface AlertSyntax {
  condition: ExpressionSyntax
  for?: DurationSyntax
  channels: readonly NameSyntax[]
  severity?: NameSyntax
  cooldown?: DurationSyntax
}

/** What EXPLAIN can explain. */
export type ExplainedStatement = SelectStatement | ForecastStatement | DetectStatement

export interface ExplainStatement {
  kind: 'explain'
  range: SourceRange
  statement: ExplainedStatement
  /** Whether it is run too. */
  analyze: boolean
}

/** A column that INSERT names; TAG says what a new one is. */
export interface InsertColumn {
  name: NameSyntax
  tag: boolean
}

export interface InsertStatement {
  kind: 'insert'
  range: SourceRange
  table: NameSyntax
  /** Empty where the query names the columns. */
  columns: readonly InsertColumn[]
  query: SelectStatement
}

export interface DeleteStatement {
  kind: 'delete'
  range: SourceRange
  table: NameSyntax
  where: ExpressionSyntax
}

/** When the answers of a subscription are sent. */
export type EmitSyntax =
  | { kind: 'close' | 'change'; range: SourceRange }
  | { kind: 'every'; every: DurationSyntax; range: SourceRange }

export interface SubscribeStatement {
  kind: 'subscribe'
  range: SourceRange
  query: SelectStatement
  emit?: EmitSyntax
  lateness?: DurationSyntax
}

/** Ends a query. */
export interface KillStatement {
  kind: 'kill'
  range: SourceRange
  id: number
  idRange: SourceRange
}
