import type { FileRequest } from '../../engine/engine.ts'
import { type CsvColumn, tableName } from '../../engine/ingest/csv-plan.ts'
import type { PlanOverrides, TextPlan } from '../../engine/ingest/text-plan.ts'
import type { BinaryKind } from './binary-file.ts'
import { printable } from './table.ts'

/** What is to be done with one file. */
export type ImportPlan = TextPlan | { kind: 'binary'; path: string; format: BinaryKind; request: FileRequest }

/** What is asked of a file that says its types. */
export function planBinary(path: string, format: BinaryKind, overrides: Omit<PlanOverrides, 'format'>): ImportPlan {
  const { table, time, tag, ignore, field } = overrides
  const fields = Array.from(field, ([name, type]) => ({ name, type }))
  const said = { ...(table !== undefined && { table }), ...(time !== undefined && { time }) }
  return { kind: 'binary', path, format, request: { path, tags: tag, ignore, fields, precision: 'ns', ...said } }
}

/** A plan as the user sees it before it is used. */
export function describePlan(plan: ImportPlan): string {
  if (plan.kind === 'line-protocol') {
    return `${plan.path}: line protocol, times in ${plan.precision}\n  first line: ${printable(plan.firstLine.slice(0, 200))}\n`
  }
  if (plan.kind === 'binary') {
    const { format, path, request } = plan
    const name = format === 'parquet' ? 'Parquet' : 'Arrow'
    return `${path}: ${name}, into table '${printable(request.table ?? tableName(path))}'\n`
  }
  const { table, columns, timeFormat, zone, hasHeader, delimiter } = plan.csv
  const width = Math.max(...columns.map(({ name }) => printable(name).length))
  const lines = columns.map(
    (column) => `  ${printable(column.name).padEnd(width)}  ${roleText(column, `${timeFormat}, ${zone}`)}`,
  )
  const form = `${hasHeader ? 'with' : 'without'} a header, cells apart by ${JSON.stringify(delimiter)}`
  return `${plan.path}: CSV ${form}, into table '${printable(table)}'\n${lines.join('\n')}\n`
}

function roleText({ role, type }: CsvColumn, time: string): string {
  if (role === 'time') return `time (${time})`
  if (role === 'ignore') return 'left out'
  return role === 'tag' ? 'tag' : `field, ${type}`
}
