import type { ColumnType } from './batch.ts'

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '=' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or'

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

/** The operands of an expression, in the order of the text. */
export function operandsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'literal' || expression.kind === 'column') return []
  return expression.kind === 'binary' ? [expression.left, expression.right] : [expression.operand]
}

/** The expression with other operands in place of its own. */
export function mapOperands(expression: Expression, map: (operand: Expression) => Expression): Expression {
  if (expression.kind === 'literal' || expression.kind === 'column') return expression
  if (expression.kind === 'binary') return { ...expression, left: map(expression.left), right: map(expression.right) }
  return { ...expression, operand: map(expression.operand) }
}

/** Names of the columns that an expression reads, of one source or of all; each once, in order of first use. */
export function columnsOf(expression: Expression, source?: 'field' | 'tag' | 'time'): string[] {
  const names = new Set<string>()
  const visit = (node: Expression): void => {
    if (node.kind === 'column' && (source === undefined || node.source === source)) names.add(node.name)
    operandsOf(node).forEach(visit)
  }
  visit(expression)
  return [...names]
}

/** A name as the query language writes it: bare where that reads back as one, else in double quotes. */
export function printName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

export function printLiteral(value: Literal): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e21) return `${value}.0`
  return value === null ? 'null' : String(value)
}

/** An expression as text, with every operation in brackets. Two expressions are the same if and only if these are. */
export function printExpression(expression: Expression): string {
  const negation = 'negated' in expression && expression.negated
  switch (expression.kind) {
    case 'literal':
      return expression.type === 'time' ? `time ${expression.value}` : printLiteral(expression.value)
    case 'column':
      return printName(expression.name)
    case 'unary': {
      const operand = printExpression(expression.operand)
      return expression.op.startsWith('is') ? `(${operand} ${expression.op})` : `(${expression.op} ${operand})`
    }
    case 'binary':
      return `(${printExpression(expression.left)} ${expression.op} ${printExpression(expression.right)})`
    case 'match':
      return `(${printExpression(expression.operand)} ${negation ? '!~' : '=~'} ${printLiteral(expression.pattern)})`
    case 'in': {
      const values = expression.values.map(printLiteral).join(', ')
      return `(${printExpression(expression.operand)} ${negation ? 'not in' : 'in'} (${values}))`
    }
  }
}

/** Whether evaluating needs the library of regular expressions. */
export function usesPatterns(expression: Expression): boolean {
  return expression.kind === 'match' || operandsOf(expression).some(usesPatterns)
}
