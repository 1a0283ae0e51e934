import type { Cursor } from './cursor.ts'
import { listOf } from './list.ts'
import { durationBehind, expressionBehind, parseModel, parseRows } from './model.ts'
import { parseExpression } from './parse-expression.ts'
import type { AlertSyntax, DetectStatement, DetectSubject, NameSyntax } from './syntax.ts'

const SUBJECTS: readonly DetectSubject[] = ['anomalies', 'changes', 'motifs', 'seasonality']

/** `DETECT subject IN target USING model`, and its clauses. */
export function parseDetect(cursor: Cursor): DetectStatement {
  cursor.requireWords('detect')
  const subject = SUBJECTS.find((words) => cursor.acceptWords(words))
  if (subject === undefined) throw cursor.unexpected()
  cursor.requireWords('in')
  const target = parseExpression(cursor)
  cursor.requireWords('using')
  const using = parseModels(cursor)
  const rows = parseRows(cursor)
  const over = durationBehind(cursor, 'over last')
  const alert = cursor.acceptWords('alert on') ? parseAlert(cursor) : undefined
  return {
    kind: 'detect',
    range: cursor.rangeFrom(0),
    subject,
    target,
    ...using,
    ...rows,
    ...(over && { over }),
    ...(alert && { alert }),
  }
}

/** One model, or `ENSEMBLE(model, ...) VOTE n`. */
function parseModels(cursor: Cursor): Pick<DetectStatement, 'models' | 'vote'> {
  if (!cursor.acceptWords('ensemble')) return { models: [parseModel(cursor)] }
  cursor.requireSign('(')
  const models = listOf(cursor, parseModel)
  cursor.requireSign(')')
  const vote = expressionBehind(cursor, 'vote')
  return { models, ...(vote && { vote }) }
}

function parseAlert(cursor: Cursor): AlertSyntax {
  const condition = parseExpression(cursor)
  const held = durationBehind(cursor, 'for')
  const channels = cursor.acceptWords('to') ? listOf(cursor, (at): NameSyntax => at.name('a channel')) : []
  const severity = cursor.acceptWords('severity') ? cursor.name('a severity') : undefined
  const cooldown = durationBehind(cursor, 'cooldown')
  return {
    condition,
    channels,
    ...(held && { for: held }),
    ...(severity && { severity }),
    ...(cooldown && { cooldown }),
  }
}
