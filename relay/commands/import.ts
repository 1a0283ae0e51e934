import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { FieldType } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { FILE_FORMATS, type FileFormat, type FilePrecision } from '../../engine/core/file-access.ts'
import type { RejectedRow } from '../../engine/core/rows.ts'
import type { FilePart } from '../../engine/engine.ts'
import { readCsv } from '../../engine/ingest/csv.ts'
import { gunzipped } from '../../engine/ingest/gzip.ts'
import { lineChunks } from '../../engine/ingest/line-chunks.ts'
import { planText } from '../../engine/ingest/text-plan.ts'
import { binaryKind, binaryRows } from './binary-file.ts'
import { countedBytes } from './counted-bytes.ts'
import { describePlan, type ImportPlan, planBinary } from './import-plan.ts'
import { APPEND_BYTES } from './local-files.ts'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { endWithReader } from './output.ts'
import { Progress } from './progress.ts'
import { readSample } from './sample.ts'
import { openSource, type Source, type SourceFlags } from './source.ts'
import { printable } from './table.ts'

/** Rejected rows that are listed. */
const LISTED_ROWS = 20

const LINE_FEED = 10

interface ImportFlags extends SourceFlags {
  format?: FileFormat
  table?: string
  time?: string
  tag: string[]
  ignore: string[]
  field: Map<string, FieldType>
  precision: FilePrecision
  yes: boolean
  dryRun: boolean
}

/** Adds `tidemark import`. */
export function addImportCommand(program: Command): void {
  const names = (text: string, all: string[]): string[] => [...all, ...text.split(',').map((name) => name.trim())]
  program
    .command('import')
    .description('store rows of files: CSV or line protocol, compressed with gzip or not, Parquet, Arrow')
    .argument('<file...>', 'files to read')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(new Option('--format <name>', 'form of the files; guessed without this').choices([...FILE_FORMATS]))
    .option('--table <name>', 'table to store into, but of line protocol (default: named like the file)')
    .option('--time <column>', 'column of the times')
    .option('--tag <columns>', 'columns that are tags, with commas between them', names, [])
    .option('--ignore <columns>', 'columns to leave out', names, [])
    .option(
      '--field <name:type>',
      'a field and its type: f64, i64, bool or string; may be repeated',
      parseField,
      new Map(),
    )
    .addOption(
      new Option('--precision <unit>', 'line protocol: unit of the times')
        .choices(['ns', 'us', 'ms', 's'])
        .default('ns'),
    )
    .option('--yes', 'do not ask before storing', false)
    .option('--dry-run', 'show what would be done and stop', false)
    .action(runImport)
}

function parseField(text: string, fields: Map<string, FieldType>): Map<string, FieldType> {
  const [, name, type] = /^(.+):(f64|i64|bool|string)$/.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('It looks like NAME:f64, with f64, i64, bool or string.')
  return new Map([...fields, [name, type as FieldType]])
}

async function runImport(files: string[], flags: ImportFlags): Promise<void> {
  endWithReader()
  const plans: ImportPlan[] = []
  for (const path of files) plans.push(await planFile(path, flags))
  for (const plan of plans) process.stdout.write(describePlan(plan))
  if (flags.dryRun) return
  if (!flags.yes && !(await confirm())) return
  const source = await openSource(flags, { create: true })
  let rejected = 0
  try {
    for (const plan of plans) rejected += await importFile(source, plan)
  } finally {
    await source.close()
  }
  if (rejected > 0) process.exitCode = 1
}

async function planFile(path: string, { format, ...flags }: ImportFlags): Promise<ImportPlan> {
  if (format === 'csv' || format === 'lp') return planText(path, await readSample(path), { ...flags, format })
  const kind = format ?? (await binaryKind(path))
  return kind === undefined ? planText(path, await readSample(path), flags) : planBinary(path, kind, flags)
}

async function confirm(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new TidemarkError('invalid', 'nobody is there to be asked; add --yes to store the rows')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Store these rows? [Y/n] ')
  terminal.close()
  return /^\s*(y|yes)?\s*$/i.test(answer)
}

/** What has come of a file so far. */
interface Tally {
  rows: number
  rejectedCount: number
  listed: RejectedRow[]
}

/** Stores the rows of a file and says how it went; resolves with the number of rows that were rejected. */
async function importFile(source: Source, plan: ImportPlan): Promise<number> {
  const { size } = await stat(plan.path)
  const progress = new Progress({ out: process.stderr, totalBytes: size, now: () => performance.now() })
  const tally: Tally = { rows: 0, rejectedCount: 0, listed: [] }
  let bytes = 0
  const onBytes = (read: number): void => {
    bytes = read
  }
  for await (const part of parts(source, plan, onBytes)) {
    tally.rows += part.rows
    tally.rejectedCount += part.rejectedCount
    tally.listed.push(...part.listed.slice(0, LISTED_ROWS - tally.listed.length))
    progress.update(bytes, tally.rows)
  }
  progress.finish(tally.rows)
  if (tally.rejectedCount > 0) process.stderr.write(describeRejected(plan.path, tally))
  return tally.rejectedCount
}

function parts(source: Source, plan: ImportPlan, onBytes: (bytes: number) => void): AsyncGenerator<Tally> {
  if (plan.kind === 'line-protocol') return importLines(source, plan, onBytes)
  if (plan.kind === 'binary') return importRows(source, binaryRows(plan.format, plan.request, onBytes))
  return importRows(source, readCsv(createReadStream(plan.path), plan.csv, { onProgress: onBytes }))
}

async function* importRows(source: Source, read: AsyncIterable<FilePart>): AsyncGenerator<Tally> {
  for await (const { rows, rejected } of read) {
    const stored =
      rows && rows.time.length > 0 ? await source.appendRows(rows) : { rows: 0, rejectedCount: 0, rejected: [] }
    yield {
      rows: stored.rows,
      rejectedCount: rejected.length + stored.rejectedCount,
      listed: [...rejected, ...stored.rejected],
    }
  }
}

async function* importLines(
  source: Source,
  { path, precision }: ImportPlan & { kind: 'line-protocol' },
  onProgress: (bytes: number) => void,
): AsyncGenerator<Tally> {
  let linesBefore = 0
  for await (const piece of lineChunks(gunzipped(countedBytes(createReadStream(path), onProgress)), APPEND_BYTES)) {
    const lines = countLines(piece)
    const { rows, rejectedCount, rejected } = await source.append(piece, precision)
    const base = linesBefore
    yield { rows, rejectedCount, listed: rejected.map((row) => ({ ...row, line: row.line + base })) }
    linesBefore += lines
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}

function describeRejected(path: string, { rejectedCount, listed }: Tally): string {
  const lines = listed.map(
    ({ line, column, reason, text }) => `  line ${line}, column ${column}: ${reason}: ${printable(text)}`,
  )
  const more = rejectedCount > listed.length ? [`  and ${rejectedCount - listed.length} more`] : []
  return `${[`${path}: ${rejectedCount} ${rejectedCount === 1 ? 'row was' : 'rows were'} rejected`, ...lines, ...more].join('\n')}\n`
}
