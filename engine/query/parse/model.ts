import type { Cursor } from './cursor.ts'
import { listOf } from './list.ts'
import { parseExpression } from './parse-expression.ts'
import { parseSource } from './source.ts'
import type {
  DurationSyntax,
  ExpressionSyntax,
  ForecastStatement,
  ModelArgument,
  ModelSyntax,
  NameSyntax,
} from './syntax.ts'

/** A model by its name, with its arguments where it has some. */
export function parseModel(cursor: Cursor): ModelSyntax {
  const name = cursor.name('a model')
  if (!cursor.acceptSign('(')) return { name, args: [] }
  const args = cursor.acceptSign(')') ? [] : listOf(cursor, parseArgument)
  if (args.length > 0) cursor.requireSign(')')
  return { name, args }
}

function parseArgument(cursor: Cursor): ModelArgument {
  const name = cursor.name('an argument')
  cursor.requireSign('=')
  return { name, value: parseExpression(cursor) }
}

/** `FROM source WHERE condition BY tags`, each where it is there. */
export function parseRows(cursor: Cursor): Pick<ForecastStatement, 'from' | 'where' | 'by'> {
  const from = cursor.acceptWords('from') ? parseSource(cursor) : undefined
  const where = cursor.acceptWords('where') ? parseExpression(cursor) : undefined
  const by = cursor.acceptWords('by') ? listOf(cursor, (at): NameSyntax => at.name('a tag')) : []
  return { by, ...(from && { from }), ...(where && { where }) }
}

/** A duration behind some words, where they are there. */
export function durationBehind(cursor: Cursor, words: string): DurationSyntax | undefined {
  return cursor.acceptWords(words) ? cursor.duration() : undefined
}

/** An expression behind some words, where they are there. */
export function expressionBehind(cursor: Cursor, words: string): ExpressionSyntax | undefined {
  return cursor.acceptWords(words) ? parseExpression(cursor) : undefined
}
