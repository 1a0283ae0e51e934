import type { TidemarkError } from '../../engine/core/errors.ts'

/** An error in a statement with the line that it is in, a caret under the place, and what would have been right there. */
export function printStatementError(error: TidemarkError, text: string): string {
  const { position } = error
  if (!position) return error.message
  const start = text.lastIndexOf('\n', position.offset - 1) + 1
  const feed = text.indexOf('\n', position.offset)
  const line = text.slice(start, feed < 0 ? text.length : feed).trimEnd()
  const column = position.offset - start
  // Tabs stay tabs, so that the caret stands where the terminal puts the text.
  const indent = line.slice(0, column).replace(/[^\t]/g, ' ').padEnd(column)
  const carets = '^'.repeat(Math.max(1, Math.min(position.length, line.length - column)))
  const more = [error.expected && `expected ${error.expected.join(', ')}`, error.hint].filter(
    (part) => part !== undefined,
  )
  return [error.message, `  ${line}`, `  ${indent}${carets}`, ...more.map((part) => `  ${part}`)].join('\n')
}
