import type { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import type { ShowStatement, ShowSubject } from './syntax.ts'

const SUBJECTS: readonly ShowSubject[] = [
  'tables',
  'tags',
  'tag values',
  'fields',
  'series',
  'cardinality',
  'encodings',
  'queries',
  'create table',
  'views',
  'create view',
]

/** What is asked of the store as a whole. */
const OF_STORE: ReadonlySet<ShowSubject> = new Set(['tables', 'queries', 'views'])

/** Whether a table is named next; takes FROM. */
function namesTable(cursor: Cursor, subject: ShowSubject): boolean {
  if (OF_STORE.has(subject)) return false
  if (subject === 'cardinality') return cursor.acceptWords('from')
  if (!subject.startsWith('create')) cursor.requireWords('from')
  return true
}

export function parseShow(cursor: Cursor): ShowStatement {
  cursor.requireWords('show')
  const subject = SUBJECTS.find((words) => cursor.acceptWords(words))
  if (subject === undefined) throw cursor.unexpected()
  const what = subject === 'create view' ? 'a view' : 'a table'
  const table = namesTable(cursor, subject) ? cursor.name(what) : undefined
  if (subject === 'tag values') cursor.requireWords('key')
  const key = subject === 'tag values' ? cursor.name('a tag') : undefined
  const where = subject === 'series' && cursor.acceptWords('where') ? parseExpression(cursor) : undefined
  const limit = cursor.acceptWords('limit') ? parseExpression(cursor) : undefined
  return {
    kind: 'show',
    range: cursor.rangeFrom(0),
    subject,
    ...(table && { table }),
    ...(key && { key }),
    ...(where && { where }),
    ...(limit && { limit }),
  }
}
