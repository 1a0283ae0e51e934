import type { Command } from 'commander'
import { printTimestamp } from '../../engine/core/time.ts'
import { inspectStore, type StoreReport } from '../../engine/engine.ts'
import { endWithReader } from './output.ts'
import { formatBytes } from './progress.ts'
import { printable, printTable } from './table.ts'

/** Adds `tidemark inspect`. */
export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('tell what lies in a folder of data, or in one segment, and check it; nothing is opened or changed')
    .argument('<path>', 'the folder of the data, or a file blobs/*.seg')
    .option('--json', 'the report as JSON', false)
    .action(runInspect)
}

async function runInspect(path: string, { json }: { json: boolean }): Promise<void> {
  endWithReader()
  const report = await inspectStore(path)
  process.stdout.write(json ? `${JSON.stringify(report, printBigInt, 2)}\n` : printReport(report))
  if (report.damage.length > 0) process.exitCode = 1
}

function printBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** A report as people read it. */
export function printReport({ manifest, segments, tables, log, unnamed, damage }: StoreReport): string {
  const parts = [
    manifest
      ? `manifest: log from record ${manifest.logStart}, ${manifest.waitingDeletes} waiting deletes, ${manifest.producers} producers, defined tables: ${names(manifest.definedTables)}, views: ${names(manifest.views)}\n`
      : 'no manifest\n',
    `\nlog: ${log.length} files\n`,
    rows(
      ['name', 'bytes', 'records'],
      log.map(({ name, bytes, records }) => [name, bytes, records]),
    ),
    `\nsegments: ${segments.length}, ${formatBytes(segments.reduce((sum, { bytes }) => sum + bytes, 0))}\n`,
    rows(
      ['name', 'bytes', 'series', 'rows', 'settled', 'tables'],
      segments.map(({ name, bytes, series, rows: count, settled, tables: of }) => {
        return [name.slice(0, 16), bytes, series, count, settled ? 'yes' : 'no', of.map(printTableName).join(', ')]
      }),
    ),
    ...tables.map(printTableReport),
    ...(unnamed.length > 0
      ? [`\nsegments that the manifest does not name: ${names(unnamed.map(({ name }) => name))}\n`]
      : []),
    damage.length === 0
      ? '\nno damage was found\n'
      : `\ndamage:\n${damage.map(({ where, what }) => `  ${where}: ${what}\n`).join('')}`,
  ]
  return parts.join('')
}

function printTableReport({
  table,
  rows: count,
  series,
  start,
  end,
  encodings,
  samples,
}: StoreReport['tables'][number]): string {
  const bytes = encodings.reduce((sum, use) => sum + use.bytes, 0)
  const head = `\ntable ${printTableName(table)}: ${count} rows of ${series} series, ${printTimestamp(start)} to ${printTimestamp(end)}, ${formatBytes(bytes)} of blocks\n`
  const uses = encodings.map(({ column, encoding, blocks, values, bytes: own }) => {
    return [printable(column), encoding, blocks, values, own, values === 0 ? '' : (own / values).toFixed(3)]
  })
  const sampled = samples.map(({ column, encoding, rows: of, storedBytes, fastBytes, plainBytes }) => {
    return [printable(column), encoding, of, storedBytes, fastBytes, plainBytes]
  })
  return [
    head,
    rows(['column', 'encoding', 'blocks', 'values', 'bytes', 'bytes a value'], uses),
    'one block of each column, as it is stored, by the fast family, and plain:\n',
    rows(['column', 'encoding', 'rows', 'stored', 'fast', 'plain'], sampled),
  ].join('')
}

/** A rollup's name has a line break in it. */
function printTableName(table: string): string {
  return printable(table.replace('\n', ' by '))
}

function names(all: readonly string[]): string {
  return all.length === 0 ? 'none' : all.map(printable).join(', ')
}

function rows(columns: readonly string[], cells: readonly (readonly (string | number)[])[]): string {
  if (cells.length === 0) return ''
  const typed = columns.map((name, at) => ({
    name,
    type: typeof cells[0]?.[at] === 'number' ? ('i64' as const) : ('string' as const),
  }))
  return printTable(
    typed,
    cells.map((row) => [...row]),
  )
}
