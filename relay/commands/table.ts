import type { ResultColumn } from '../../engine/engine.ts'
import type { JsonValue } from '../json-rows.ts'

/** Rows of an answer as aligned text: a line of names, a rule, a line a row. Numbers stand to the right, NULL is blank. */
export function printTable(columns: readonly ResultColumn[], rows: readonly JsonValue[][]): string {
  const names = columns.map(({ name, unit }) => printable(unit === undefined ? name : `${name} (${unit})`))
  const cells = rows.map((row) => columns.map((_, i) => cellText(row[i] ?? null)))
  const widths = names.map((name, i) => cells.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), name.length))
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => (isNumber(columns[i]) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return `${[line(names), rule, ...cells.map(line)].join('\n')}\n`
}

function isNumber(column: ResultColumn | undefined): boolean {
  return column?.type === 'f64' || column?.type === 'i64'
}

function cellText(value: JsonValue): string {
  return value === null ? '' : printable(String(value))
}

/** Control characters would move the cursor, or worse; they are shown by their code. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
