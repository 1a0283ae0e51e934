import type { ColumnType } from './batch.ts'

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'and'
  | 'or'

export type UnaryOperator = '-' | 'not' | 'is null' | 'is not null'

export type Literal = bigint | number | boolean | string | null

/** A checked scalar expression over the columns of a row. Plain data: it crosses to workers and peers. */
export type Expression =
  | { kind: 'literal'; type: ColumnType | 'null'; value: Literal }
  | { kind: 'column'; name: string; source: 'field' | 'tag' | 'time'; type: ColumnType }
  | { kind: 'unary'; op: UnaryOperator; type: ColumnType; operand: Expression }
  | { kind: 'binary'; op: BinaryOperator; type: ColumnType; left: Expression; right: Expression }
  | { kind: 'match'; pattern: string; negated: boolean; operand: Expression }
  | { kind: 'in'; values: readonly Literal[]; negated: boolean; operand: Expression }

export function expressionType(expression: Expression): ColumnType | 'null' {
  return expression.kind === 'match' || expression.kind === 'in' ? 'bool' : expression.type
}

/** Names of the columns of one source that an expression reads, each once, in order of first use. */
export function columnsOf(expression: Expression, source: 'field' | 'tag' | 'time'): string[] {
  const names = new Set<string>()
  const visit = (node: Expression): void => {
    if (node.kind === 'column') {
      if (node.source === source) names.add(node.name)
    } else if (node.kind === 'binary') {
      visit(node.left)
      visit(node.right)
    } else if (node.kind !== 'literal') visit(node.operand)
  }
  visit(expression)
  return [...names]
}
