import type { Cursor } from './cursor.ts'
import { parseQuery } from './select.ts'
import type { EmitSyntax, SubscribeStatement } from './syntax.ts'

/** `SUBSCRIBE [TO] query`, when its answers are to be sent, and `ALLOW LATENESS`. */
export function parseSubscribe(cursor: Cursor): SubscribeStatement {
  cursor.requireWords('subscribe')
  cursor.acceptWords('to')
  const query = parseQuery(cursor)
  const emit = parseEmit(cursor)
  const lateness = cursor.acceptWords('allow lateness') ? cursor.duration() : undefined
  return {
    kind: 'subscribe',
    range: cursor.rangeFrom(0),
    query,
    ...(emit && { emit }),
    ...(lateness && { lateness }),
  }
}

function parseEmit(cursor: Cursor): EmitSyntax | undefined {
  const offset = cursor.peek()?.offset ?? 0
  if (!cursor.acceptWords('emit')) return undefined
  if (cursor.acceptWords('on')) {
    const closes = cursor.acceptWords('close')
    if (!closes) cursor.requireWords('change')
    return { kind: closes ? 'close' : 'change', range: cursor.rangeFrom(offset) }
  }
  cursor.requireWords('every')
  const every = cursor.duration()
  return { kind: 'every', every, range: cursor.rangeFrom(offset) }
}
