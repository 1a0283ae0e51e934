import { type Command, InvalidArgumentError, Option } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import { isSubscribe } from '../../engine/core/subscribe-text.ts'
import type { JsonValue } from '../json-rows.ts'
import { parseTimeout } from '../timeout.ts'
import { LivePrinter, type LiveRows } from './live-answer.ts'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { endWithReader, writeOutput } from './output.ts'
import { type AnswerRows, openSource, type Source, type SourceFlags } from './source.ts'
import { printStatementError } from './statement-error.ts'
import { printTable } from './table.ts'

/** Rows of an answer that a table shows. */
export const TABLE_ROWS = 10_000

/** Media types of the formats that are written as they come. */
export const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['arrow', 'application/vnd.apache.arrow.stream'],
])

interface QueryFlags extends SourceFlags {
  format: string
  /** In milliseconds. */
  timeout?: number
}

/** Adds `tidemark query`. */
export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .description('run one TSQL statement on a folder of data or on a relay; SUBSCRIBE answers until Ctrl-C')
    .argument('<text>', 'the statement')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(
      new Option('--format <name>', 'form of the answer').choices(['table', ...MEDIA_TYPES.keys()]).default('table'),
    )
    .addOption(
      new Option('--timeout <duration>', 'how long it may take to its first rows, as 30s').argParser(timeoutOf),
    )
    .action(runQuery)
}

function timeoutOf(text: string): number {
  try {
    return parseTimeout(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof TidemarkError ? error.message : String(error))
  }
}

async function runQuery(text: string, flags: QueryFlags): Promise<void> {
  endWithReader()
  const source = await openSource(flags, { create: false })
  try {
    await withCaret(text, () => (isSubscribe(text) ? follow : answer)(source, text, flags))
  } finally {
    await source.close()
  }
}

async function answer(source: Source, text: string, { format, timeout }: QueryFlags): Promise<void> {
  const time = timeout === undefined ? {} : { timeoutMs: timeout }
  const mediaType = MEDIA_TYPES.get(format)
  if (mediaType !== undefined) return writeOutput(await source.bytes(text, mediaType, time))
  const rows = await source.rows(text, time)
  const { shown, more } = await firstRows(rows, TABLE_ROWS)
  process.stdout.write(printTable(rows.columns, shown))
  if (more) process.stderr.write(`the first ${TABLE_ROWS} rows; there are more (LIMIT, or --format csv for all)\n`)
}

/** Prints answers as they come, until Ctrl-C. */
async function follow(source: Source, text: string, { format }: QueryFlags): Promise<void> {
  if (format !== 'table' && format !== 'json') {
    throw new TidemarkError('invalid', `SUBSCRIBE is printed as table or json, not as ${format}`)
  }
  const printer = new LivePrinter(format)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const next = (update: LiveRows): void => void process.stdout.write(printer.print(update))
  const stop = source.live(text, { next, error: reject })
  process.once('SIGINT', resolve)
  try {
    await promise
  } finally {
    stop()
  }
}

async function firstRows({ parts }: AnswerRows, limit: number): Promise<{ shown: JsonValue[][]; more: boolean }> {
  const shown: JsonValue[][] = []
  for await (const part of parts) {
    shown.push(...part.slice(0, limit + 1 - shown.length))
    if (shown.length > limit) return { shown: shown.slice(0, limit), more: true }
  }
  return { shown, more: false }
}

/** Runs what may find a fault in a statement, and shows where in the text it is. */
export async function withCaret(text: string, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (!(error instanceof TidemarkError) || !error.position) throw error
    throw new TidemarkError(error.kind, printStatementError(error, text), { cause: error })
  }
}
