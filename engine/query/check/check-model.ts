import type { Expression } from '../../core/expression.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type {
  DetectStatement,
  DurationSyntax,
  ExpressionSyntax,
  ForecastStatement,
  ModelSyntax,
  NameSyntax,
} from '../parse/syntax.ts'
import { checkCondition, checkExpression, fixedDuration } from './check-expression.ts'
import { checkSource, relationSources, tableSources } from './check-source.ts'
import type { CheckedModel, Output } from './checked.ts'
import { requireType } from './coerce.ts'
import { queryError, unknownName } from './query-error.ts'
import { outputOf, type Relation, type RelationColumn, relationColumns } from './relation.ts'
import { constantScope, rowCount, rowScope } from './row-scope.ts'
import type { Environment } from './scope.ts'
import { resolveColumn, type Sources } from './sources.ts'

type ModelStatement = ForecastStatement | DetectStatement

/** The field of a table that is called like what it measures. */
const VALUE_FIELD = 'value'
/** What a detector says of each row, for ALERT ON. */
const SCORE: RelationColumn = { name: 'score', type: 'f64', source: 'field', key: false }

/** Checks FORECAST or DETECT: what it is about, the arguments of its models, and its clauses. */
export function checkModel(statement: ModelStatement, environment: Environment): CheckedModel {
  const { sources, target } = targetOf(statement, environment)
  const scope = rowScope(sources, environment, `in ${statement.kind.toUpperCase()}`)
  const value = checkExpression(target, scope)
  requireType(value, ['i64', 'f64'], target.range, statement.kind.toUpperCase())
  const condition = statement.where && checkCondition(statement.where, scope, 'WHERE')
  const input: Relation = condition ? { kind: 'filter', input: sources.relation, condition } : sources.relation
  const relation: Relation = { kind: 'project', input, outputs: targetOutputs(statement, value, sources) }
  if (statement.kind === 'detect') checkDetect(statement, relation, environment)
  else checkForecast(statement, environment)
  const models = statement.kind === 'detect' ? statement.models : [statement.model]
  return {
    kind: 'model',
    verb: statement.kind === 'detect' ? `detect ${statement.subject}` : 'forecast',
    relation,
    models: models.map((model) => ({
      name: model.name.name,
      range: model.name.range,
      text: modelText(model, environment),
    })),
    usesNow: environment.uses.now,
  }
}

interface Target {
  sources: Sources
  target: ExpressionSyntax
}

/** Without FROM: the one table that has a field of the target's name, or the table of that name with a field `value`. */
function targetOf({ target, from }: ModelStatement, environment: Environment): Target {
  if (from) return { sources: checkSource(from, environment), target }
  const { tables } = environment.catalog
  if (target.kind !== 'name') {
    throw queryError(target.range, 'the target is an expression; expected FROM a table', { expected: ['FROM'] })
  }
  const having = tables.filter(({ fields }) => fields.some(({ name }) => name === target.name))
  const [table, second] = having
  if (table && !second) return { sources: tableSources(table), target }
  if (table) {
    const names = having.map(({ name }) => name)
    const message = `'${target.name}' is in more than one table; expected FROM ${names.join(' or FROM ')}`
    throw queryError(target.range, message, { expected: names.map((name) => `FROM ${name}`) })
  }
  const named = tables.find(
    ({ name, fields }) => name === target.name && fields.some((field) => field.name === VALUE_FIELD),
  )
  if (named) return { sources: tableSources(named), target: { ...target, name: VALUE_FIELD } }
  const fields = tables.flatMap((each) => each.fields.map(({ name }) => name))
  const values = tables.filter((each) => each.fields.some(({ name }) => name === VALUE_FIELD)).map(({ name }) => name)
  throw unknownName(target.range, { what: 'field', wrong: target.name }, [...new Set([...fields, ...values])])
}

/** What the model reads: times, what tells series apart, and the value. */
function targetOutputs({ target, by }: ModelStatement, value: Expression, sources: Sources): Output[] {
  const columns = relationColumns(sources.relation)
  const { range } = target
  const time = resolveColumn({ kind: 'name', name: TIME_COLUMN, range, depth: 1 }, sources)
  const keys = by.map((name: NameSyntax) => outputOf(name.name, resolveColumn(name, sources), columns))
  return [outputOf(TIME_COLUMN, time, columns), ...keys, outputOf(VALUE_FIELD, value, columns)]
}

function checkForecast(statement: ForecastStatement, environment: Environment): void {
  const { horizon, every, train, confidence, backtest } = statement
  for (const duration of [horizon, every, train]) requireLength(duration)
  if (confidence) {
    const checked = checkExpression(confidence, constantScope(environment, 'CONFIDENCE', 'a percentage'))
    const percent = checked.kind === 'literal' ? Number(checked.value) : Number.NaN
    if (!(percent > 0 && percent < 100)) {
      throw queryError(confidence.range, 'CONFIDENCE expected a percentage above 0 and below 100')
    }
  }
  if (backtest) rowCount(backtest, 'BACKTEST', environment)
}

function checkDetect(statement: DetectStatement, relation: Relation, environment: Environment): void {
  const { over, alert, vote, models } = statement
  for (const duration of [over, alert?.for, alert?.cooldown]) requireLength(duration)
  if (vote) {
    const votes = rowCount(vote, 'VOTE', environment)
    if (votes < 1 || votes > models.length) {
      throw queryError(vote.range, `VOTE expected a number from 1 to ${models.length}, the number of models`)
    }
  }
  if (alert === undefined) return
  const rows = relationSources(relation, '')
  const [source] = rows.sources
  const columns = [...(source?.columns ?? []), { name: SCORE.name, column: SCORE }]
  const scope = rowScope({ ...rows, sources: [{ alias: '', columns }] }, environment, 'in ALERT ON')
  checkCondition(alert.condition, scope, 'ALERT ON')
}

function requireLength(duration: DurationSyntax | undefined): void {
  if (duration === undefined || fixedDuration(duration.text, duration.range) > 0n) return
  throw queryError(duration.range, 'expected a duration above 0')
}

/** A model as text. Its arguments are constants; a bare word is a text. */
function modelText({ name, args }: ModelSyntax, environment: Environment): string {
  const seen = new Set<string>()
  const texts = args.map(({ name: argument, value }) => {
    if (seen.has(argument.name)) throw queryError(argument.range, `the argument '${argument.name}' comes twice`)
    seen.add(argument.name)
    if (value.kind !== 'name') {
      const checked = checkExpression(value, constantScope(environment, argument.name, 'a constant'))
      if (checked.kind !== 'literal') throw queryError(value.range, `${argument.name} expected a constant`)
    }
    return `${argument.name}=${printSyntax(value)}`
  })
  return texts.length === 0 ? name.name : `${name.name}(${texts.join(', ')})`
}
