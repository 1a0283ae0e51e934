import type { Cursor } from './cursor.ts'
import type { NameSyntax } from './syntax.ts'

/** One thing or more, with commas between. */
export function listOf<T>(cursor: Cursor, item: (cursor: Cursor) => T): T[] {
  const items = [item(cursor)]
  while (cursor.acceptSign(',')) items.push(item(cursor))
  return items
}

/** Names in brackets, or none where no bracket opens. */
export function namesInBrackets(cursor: Cursor, what: string): NameSyntax[] {
  if (!cursor.acceptSign('(')) return []
  const names = listOf(cursor, (at) => at.name(what))
  cursor.requireSign(')')
  return names
}
