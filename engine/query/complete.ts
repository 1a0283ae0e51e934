import { TidemarkError } from '../core/errors.ts'
import { printName } from '../core/expression.ts'
import { FILE_FORMATS } from '../core/file-access.ts'
import type { Catalog, TableInfo } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { EXPORT_FORMATS } from './check/export-format.ts'
import { FUNCTION_NAMES, functionHelp } from './check/row-scope.ts'
import { Cursor, isWord } from './parse/cursor.ts'
import { OPERATOR, OPERATOR_WORDS } from './parse/nearest-word.ts'
import { parseStatement } from './parse/parse.ts'
import { EXPRESSION } from './parse/parse-expression.ts'
import { PART, TARGET } from './parse/parse-form.ts'
import { COLUMN_TYPE } from './parse/table.ts'
import { RESERVED_WORDS, type Token, tokenize } from './parse/token.ts'
import { EXPORT_FORMAT, IMPORT_FORMAT, PRECISION } from './parse/transfer.ts'

export type CompletionKind = 'table' | 'tag' | 'field' | 'function' | 'keyword'

export interface CompletionOption {
  /** What to put into the text; names that need quotes have them. */
  label: string
  kind: CompletionKind
  /** How a function is called, and what it gives. */
  signature?: string
  doc?: string
}

export interface Completion {
  /** Where the word begins that an option replaces. */
  from: number
  options: readonly CompletionOption[]
}

const WORD_KINDS: ReadonlySet<Token['kind']> = new Set(['name', 'quoted-name', 'keyword', 'duration', 'integer'])

/**
 * What can stand at an offset of a text, by the grammar: the text before the word at the offset is parsed, and what the
 * parser asks for at its end is what is offered. Names come from the catalog, columns from the table after FROM.
 */
export function complete(text: string, offset: number, catalog: Catalog): Completion {
  const before = text.slice(0, offset)
  const tokens = tokenize(before)
  const last = tokens.at(-1)
  const open = last !== undefined && last.offset + last.length === offset
  if (open && (last.kind === 'string' || last.kind === 'comment' || last.kind === 'invalid')) {
    return { from: offset, options: [] }
  }
  const from = open && WORD_KINDS.has(last.kind) ? last.offset : offset
  const tables = tablesOf(text, catalog)
  const typed = before.slice(from).replace(/^"/, '').toLowerCase()
  const options = expectedAfter(text.slice(0, from)).flatMap((what) => optionsFor(what, catalog, tables))
  const fitting = options.filter(({ label }) => label.replace(/^"/, '').toLowerCase().startsWith(typed))
  return { from, options: [...new Map(fitting.map((option) => [`${option.kind} ${option.label}`, option])).values()] }
}

/** What the grammar expects after a text. */
function expectedAfter(text: string): readonly string[] {
  try {
    const cursor = new Cursor(text)
    try {
      parseStatement(cursor)
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
    }
    return cursor.atEnd ? cursor.expected : []
  } catch (error) {
    if (error instanceof TidemarkError) return []
    throw error
  }
}

/** The table that the text names after FROM or else INTO or TABLE, wherever that is; all tables where it names none. */
function tablesOf(text: string, catalog: Catalog): readonly TableInfo[] {
  const tokens = tokenize(text).filter((token) => token.kind !== 'comment')
  const from = tokens.findIndex((token) => isWord(token, 'from') && token.kind === 'keyword')
  const at = from < 0 ? tokens.findIndex((token) => isWord(token, 'into') || isWord(token, 'table')) : from
  const name = at < 0 ? undefined : tokens[at + 1]?.text
  const named = catalog.tables.filter((table) => table.name === name)
  return named.length > 0 ? named : catalog.tables
}

function optionsFor(what: string, catalog: Catalog, tables: readonly TableInfo[]): CompletionOption[] {
  if (what === 'a table') return catalog.tables.map(({ name }) => ({ label: nameText(name), kind: 'table' }))
  if (what === 'a view') return (catalog.views ?? []).map(({ name }) => ({ label: nameText(name), kind: 'table' }))
  if (what === 'a tag') return tagOptions(tables)
  if (what === 'a column') return columnOptions(tables)
  if (what === EXPRESSION) return expressionOptions(tables)
  if (what === TARGET) return keywords(['f64', 'i64', 'bool', 'string', 'time'])
  if (what === EXPORT_FORMAT) return keywords([...new Set(EXPORT_FORMATS.values())])
  if (what === IMPORT_FORMAT) return keywords([...FILE_FORMATS])
  if (what === PRECISION) return keywords(['ns', 'us', 'ms', 's'])
  if (what === COLUMN_TYPE) return keywords(['f64', 'i64', 'bool', 'string'])
  if (what === PART)
    return keywords(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'dow', 'doy'])
  if (what === OPERATOR) return keywords(OPERATOR_WORDS)
  return /^[A-Z]/.test(what) ? keywords([what]) : []
}

function keywords(words: readonly string[]): CompletionOption[] {
  return words.map((label) => ({ label, kind: 'keyword' }))
}

function tagOptions(tables: readonly TableInfo[]): CompletionOption[] {
  return tables.flatMap(({ tags }) => tags).map((name) => ({ label: nameText(name), kind: 'tag' }))
}

function columnOptions(tables: readonly TableInfo[]): CompletionOption[] {
  const fields = tables
    .flatMap((table) => table.fields)
    .map(({ name }): CompletionOption => ({ label: nameText(name), kind: 'field' }))
  return [...fields, ...tagOptions(tables), { label: TIME_COLUMN, kind: 'field' }]
}

function expressionOptions(tables: readonly TableInfo[]): CompletionOption[] {
  const functions = FUNCTION_NAMES.map(
    (name): CompletionOption => ({ label: name, kind: 'function', ...functionHelp(name) }),
  )
  const words = keywords(['NOT', 'CASE', 'CAST', 'TRY_CAST', 'EXTRACT', 'EXISTS'])
  return [...columnOptions(tables), ...functions, ...words]
}

function nameText(name: string): string {
  return RESERVED_WORDS.has(name.toLowerCase()) ? `"${name}"` : printName(name)
}
