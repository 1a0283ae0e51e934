import type { ColumnType } from './batch.ts'

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '=' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or'

export type UnaryOperator = '-' | 'not' | 'is null' | 'is not null'

export type Literal = bigint | number | boolean | string | null

/** A checked scalar expression over the columns of a row. Plain data: it crosses to workers and peers. */
export type Expression =
  | { kind: 'literal'; type: ColumnType | 'null'; value: Literal; unit?: string }
  | { kind: 'column'; name: string; source: 'field' | 'tag' | 'time'; type: ColumnType; unit?: string }
  | { kind: 'unary'; op: UnaryOperator; type: ColumnType; operand: Expression }
  | { kind: 'binary'; op: BinaryOperator; type: ColumnType; left: Expression; right: Expression }
  | { kind: 'match'; pattern: string; negated: boolean; operand: Expression }
  | { kind: 'in'; values: readonly Literal[]; negated: boolean; operand: Expression }
  /** A function of the registry, found by its name and the types of its arguments. `unit` is that of the answer. */
  | { kind: 'call'; name: string; type: ColumnType; args: readonly Expression[]; unit?: string }
  /** Each row takes the first branch whose condition is true; a branch is evaluated for no other row. */
  | { kind: 'case'; type: ColumnType; branches: readonly CaseBranch[]; otherwise: Expression }
  /** The first operand that is not missing; an operand is evaluated only where those before it are. */
  | { kind: 'coalesce'; type: ColumnType; operands: readonly Expression[] }

export interface CaseBranch {
  when: Expression
  value: Expression
}

export function expressionType(expression: Expression): ColumnType | 'null' {
  return expression.kind === 'match' || expression.kind === 'in' ? 'bool' : expression.type
}

/** The expressions that one is made of, in the order of the text; none of a literal or a column. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'column':
      return []
    case 'binary':
      return [expression.left, expression.right]
    case 'call':
      return expression.args
    case 'case':
      return [...expression.branches.flatMap(({ when, value }) => [when, value]), expression.otherwise]
    case 'coalesce':
      return expression.operands
    default:
      return [expression.operand]
  }
}

/** The expression with other operands in place of its own. */
export function mapOperands(expression: Expression, map: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'literal':
    case 'column':
      return expression
    case 'binary':
      return { ...expression, left: map(expression.left), right: map(expression.right) }
    case 'call':
      return { ...expression, args: expression.args.map(map) }
    case 'case': {
      const branches = expression.branches.map(({ when, value }) => ({ when: map(when), value: map(value) }))
      return { ...expression, branches, otherwise: map(expression.otherwise) }
    }
    case 'coalesce':
      return { ...expression, operands: expression.operands.map(map) }
    default:
      return { ...expression, operand: map(expression.operand) }
  }
}

/** Every node of an expression, itself first. */
export function* nodesOf(expression: Expression): Generator<Expression> {
  yield expression
  for (const operand of operandsOf(expression)) yield* nodesOf(operand)
}

/** Names of the columns that an expression reads, of one source or of all; each once, in order of first use. */
export function columnsOf(expression: Expression, source?: 'field' | 'tag' | 'time'): string[] {
  const names = new Set<string>()
  for (const node of nodesOf(expression)) {
    if (node.kind === 'column' && (source === undefined || node.source === source)) names.add(node.name)
  }
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
    case 'call':
      return `${expression.name}(${expression.args.map(printExpression).join(', ')})`
    case 'case': {
      const branches = expression.branches.map(
        ({ when, value }) => `when ${printExpression(when)} then ${printExpression(value)}`,
      )
      return `(case ${branches.join(' ')} else ${printExpression(expression.otherwise)} end)`
    }
    case 'coalesce':
      return `coalesce(${expression.operands.map(printExpression).join(', ')})`
  }
}
