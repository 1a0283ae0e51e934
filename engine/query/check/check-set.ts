import type { ColumnType } from '../../core/batch.ts'
import type { Literal } from '../../core/expression.ts'
import type { SetSyntax, ValuesSyntax } from '../parse/syntax.ts'
import { checkExpression } from './check-expression.ts'
import { toDouble, typeName } from './coerce.ts'
import { distinctOperand } from './distinct-rows.ts'
import { queryError } from './query-error.ts'
import { columnReference, outputOf, type Relation, type RelationColumn, relationColumns } from './relation.ts'
import { constantScope } from './row-scope.ts'
import type { Environment } from './scope.ts'

/** UNION, INTERSECT and EXCEPT: columns are matched by place, and have the names of the first query. */
export function combineRelations({ op, all, range, operands }: SetSyntax, inputs: readonly Relation[]): Relation {
  const [first, ...others] = inputs.map(relationColumns)
  if (first === undefined) throw new Error('a set operation has operands')
  const columns = others.reduce<readonly RelationColumn[]>((known, own, i) => {
    const operandRange = operands[i + 1]?.range ?? range
    if (own.length !== known.length) {
      throw queryError(operandRange, `${op.toUpperCase()} expected ${known.length} columns, but this has ${own.length}`)
    }
    return known.map((column, at) =>
      commonColumn(column, own[at] ?? column, () => mixedTypes(column, own[at], operandRange)),
    )
  }, first)
  const operand = (input: Relation): Relation => conform(all ? input : distinctOperand(input), columns)
  return { kind: 'set', op, all, columns, inputs: inputs.map(operand) }
}

function mixedTypes(column: RelationColumn, other: RelationColumn | undefined, range: SetSyntax['range']): Error {
  const types = `${typeName(column.type)} and ${typeName(other?.type ?? 'null')}`
  return queryError(range, `the column '${column.name}' would be both ${types}`)
}

/** A column that holds the values of two: integers become floats beside floats. */
function commonColumn(a: RelationColumn, b: RelationColumn, mixed: () => Error): RelationColumn {
  const type = commonType(a.type, b.type)
  if (type === undefined) throw mixed()
  const { name, unit } = a
  const source = a.source === b.source && type === a.type ? a.source : 'field'
  return { name, type, source, key: a.key && b.key, ...(unit !== undefined && unit === b.unit && { unit }) }
}

function commonType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  const numbers = new Set<ColumnType>(['i64', 'f64'])
  return numbers.has(a) && numbers.has(b) ? 'f64' : undefined
}

/** A relation with the names and types of these columns. */
function conform(input: Relation, columns: readonly RelationColumn[]): Relation {
  const own = relationColumns(input)
  if (own.every(({ name, type }, at) => name === columns[at]?.name && type === columns[at]?.type)) return input
  const outputs = own.map((column, at) => {
    const { name, type } = columns[at] ?? column
    return outputOf(name, column.type === type ? columnReference(column) : toDouble(columnReference(column)), own)
  })
  return { kind: 'project', input, outputs }
}

/** Rows of constants; their columns are `column1`, `column2` and so on. */
export function checkValues({ rows }: ValuesSyntax, environment: Environment): Relation {
  const width = rows[0]?.length ?? 0
  const scope = constantScope(environment, 'VALUES', 'a constant')
  const types: (ColumnType | 'null')[] = new Array(width).fill('null')
  const checked = rows.map((row) => {
    const surplus = row[width] ?? row[0]
    if (row.length !== width && surplus) {
      throw queryError(surplus.range, `VALUES expected ${width} values in each row, but this has ${row.length}`)
    }
    return row.map((syntax, at): Literal => {
      const expression = checkExpression(syntax, scope)
      if (expression.kind !== 'literal') throw queryError(syntax.range, 'VALUES expected a constant')
      types[at] = valueType(types[at] ?? 'null', expression.type, syntax.range)
      return expression.value
    })
  })
  const columns = types.map((type, at): RelationColumn => {
    return { name: `column${at + 1}`, type: type === 'null' ? 'f64' : type, source: 'field', key: false }
  })
  const values = checked.map((row) =>
    row.map((value, at) => (columns[at]?.type === 'f64' && value !== null ? Number(value) : value)),
  )
  return { kind: 'values', columns, rows: values }
}

function valueType(
  known: ColumnType | 'null',
  own: ColumnType | 'null',
  range: SetSyntax['range'],
): ColumnType | 'null' {
  if (known === 'null') return own
  if (own === 'null') return known
  const type = commonType(known, own)
  if (type === undefined) throw queryError(range, `VALUES expected ${typeName(known)}, but this is ${typeName(own)}`)
  return type
}
