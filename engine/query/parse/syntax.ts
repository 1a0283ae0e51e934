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
  | (Node & {
      kind: 'between'
      negated: boolean
      operand: ExpressionSyntax
      low: ExpressionSyntax
      high: ExpressionSyntax
    })

export type SelectItem =
  | { kind: 'star'; range: SourceRange }
  | { kind: 'expression'; expression: ExpressionSyntax; alias?: NameSyntax }

export interface OrderItem {
  expression: ExpressionSyntax
  descending: boolean
  nullsFirst: boolean
}

export interface SelectStatement {
  kind: 'select'
  range: SourceRange
  items: readonly SelectItem[]
  table: NameSyntax
  where?: ExpressionSyntax
  /** `LATEST ON time PARTITION BY tags`. */
  latest?: { range: SourceRange; by: readonly NameSyntax[] }
  groupBy: readonly (NameSyntax | DurationSyntax)[]
  orderBy: readonly OrderItem[]
  limit?: ExpressionSyntax
  offset?: ExpressionSyntax
}

export type ShowSubject = 'tables' | 'tags' | 'tag values' | 'fields' | 'series' | 'cardinality' | 'encodings'

export interface ShowStatement {
  kind: 'show'
  range: SourceRange
  subject: ShowSubject
  table?: NameSyntax
  key?: NameSyntax
  where?: ExpressionSyntax
  limit?: ExpressionSyntax
}

export type Statement = SelectStatement | ShowStatement
