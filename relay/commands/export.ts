import { type Command, Option } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { TableInfo } from '../../engine/core/plan.ts'
import { parseTimestamp } from '../../engine/core/time.ts'
import type { ResultColumn } from '../../engine/engine.ts'
import type { JsonValue } from '../json-rows.ts'
import { type LineValue, printLine } from '../protocols/line-protocol.ts'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { endWithReader, writeOutput } from './output.ts'
import { MEDIA_TYPES, withCaret } from './query.ts'
import { type AnswerRows, openSource, type Source, type SourceFlags } from './source.ts'

interface ExportFlags extends SourceFlags {
  format: string
  output?: string
  table?: string
}

/** Adds `tidemark export`. */
export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write a table, or the answer to a statement, to a file or to standard output')
    .argument('<query or table>', 'a statement, or the name of a table for all of it')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(new Option('--format <name>', 'form of the file').choices([...MEDIA_TYPES.keys(), 'lp']).default('csv'))
    .option('--output <file>', 'file to write instead of standard output')
    .option('--table <name>', 'with lp and a statement: the table that the lines are of')
    .action(runExport)
}

async function runExport(text: string, flags: ExportFlags): Promise<void> {
  endWithReader()
  const source = await openSource(flags, { create: false })
  try {
    const { tables } = await source.catalog()
    const table = tables.find(({ name }) => name === text)
    const statement = table ? `SELECT * FROM ${quoteName(table.name)}` : text
    await withCaret(statement, () =>
      writeExport(source, { statement, tables, name: flags.table ?? table?.name, flags }),
    )
  } finally {
    await source.close()
  }
}

interface ExportTask {
  statement: string
  tables: readonly TableInfo[]
  name: string | undefined
  flags: ExportFlags
}

async function writeExport(source: Source, { statement, tables, name, flags }: ExportTask): Promise<void> {
  const mediaType = MEDIA_TYPES.get(flags.format)
  if (mediaType !== undefined) return writeOutput(await source.bytes(statement, mediaType), flags.output)
  if (name === undefined) throw new TidemarkError('invalid', 'line protocol needs the name of a table: add --table')
  const answer = await source.rows(statement)
  if (!answer.columns.some(({ type }) => type === 'time')) {
    throw new TidemarkError('invalid', 'line protocol needs a time column in the answer')
  }
  const tags = new Set(tables.find((table) => table.name === name)?.tags)
  await writeOutput(printLines(answer, name, tags), flags.output)
}

/** Names are quoted as SQL does, a quote in them doubled. */
function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Rows as lines: `time` is the time, the columns of the table's tags are tags, the others are fields. */
async function* printLines(
  { columns, parts }: AnswerRows,
  table: string,
  tagNames: ReadonlySet<string>,
): AsyncGenerator<string> {
  const isTag = (column: ResultColumn): boolean => column.type === 'string' && tagNames.has(column.name)
  const timeAt = columns.findIndex(({ type }) => type === 'time')
  let unsaid = 0
  for await (const rows of parts) {
    let text = ''
    for (const row of rows) {
      const tags: [string, string][] = []
      const fields: [string, LineValue][] = []
      columns.forEach((column, at) => {
        const value = row[at] ?? null
        if (value === null || at === timeAt) return
        if (isTag(column)) tags.push([column.name, String(value)])
        else fields.push([column.name, lineValue(column, value)])
      })
      const time = parseTimestamp(String(row[timeAt]))
      if (time === undefined) throw new TidemarkError('invalid', 'line protocol needs a time in every row')
      unsaid += fields.filter(([, value]) => typeof value === 'number' && !Number.isFinite(value)).length
      const line = printLine({ table, tags, fields, time })
      if (line !== undefined) text += `${line}\n`
    }
    yield text
  }
  if (unsaid > 0) process.stderr.write(`left out ${unsaid} values: line protocol has no NaN and no infinities\n`)
}

function lineValue({ type }: ResultColumn, value: Exclude<JsonValue, null>): LineValue {
  if (type === 'i64') return BigInt(value)
  if (type === 'f64') return Number(value)
  return value
}
