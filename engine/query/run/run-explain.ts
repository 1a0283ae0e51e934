import { printName } from '../../core/expression.ts'
import { literalsColumn } from '../../core/literals.ts'
import type { Queryable, SubPlan } from '../../core/plan.ts'
import { fieldNames } from '../../scan/group-frame.ts'
import { estimatePlan } from '../plan/estimate.ts'
import { type ExplainPlan, readsOf } from '../plan/plan.ts'
import { printPlan } from '../plan/print-plan.ts'
import { printRelation } from '../plan/print-relation.ts'
import type { AnalyzeOptions } from './analyze.ts'
import { printEstimate } from './print-estimate.ts'
import type { QueryResult } from './result.ts'
import { oneBatch } from './run-show.ts'

/** The name of the times among the encodings of a table. */
const TIME = 'time'

/**
 * Answers an EXPLAIN: what the query means, how it is answered, and how the segments keep what it reads; a line a row. With
 * ANALYZE it is run to its end, and what each operator did is said below it.
 */
export async function runExplain(
  { relation, plan, analyze }: ExplainPlan,
  queryable: Queryable,
  options: AnalyzeOptions,
): Promise<QueryResult> {
  const estimate = await estimatePlan(plan.root, queryable)
  const run = analyze ? await (await import('./analyze.ts')).analyze(plan, queryable, options) : undefined
  const sections: (readonly [name: string, lines: readonly string[]])[] = [
    ['meaning', printRelation(relation)],
    [
      'plan',
      printPlan(plan, (node) => [...printEstimate(estimate, node), ...(run?.notes(node) ?? [])])
        .trimEnd()
        .split('\n'),
    ],
    ['blocks', await blocksOf(readsOf(plan), queryable)],
    ...(run ? [['run', run.total] as const] : []),
  ]
  const rows = sections.flatMap(([name, lines]) => lines.map((line) => [name, line] as const))
  const columns = ['step', 'text'].map((name, at) =>
    literalsColumn(
      name,
      'string',
      rows.map((row) => row[at] ?? null),
    ),
  )
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    keys: [],
    batches: oneBatch({ rows: rows.length, columns }),
  }
}

/** The encodings in segments of the columns that are read. */
async function blocksOf(scans: readonly SubPlan[], queryable: Queryable): Promise<string[]> {
  const lines: string[] = []
  for (const table of new Set(scans.map((scan) => scan.table))) {
    const own = scans.filter((scan) => scan.table === table)
    const read = new Set([TIME, ...own.flatMap(fieldsRead)])
    for (const { column, encoding, blocks, values, bytes } of await queryable.encodings(table)) {
      if (!read.has(column)) continue
      lines.push(
        `${printName(table)} ${printName(column)}: ${encoding}, ${blocks} blocks, ${values} values, ${bytes} bytes`,
      )
    }
  }
  return lines
}

function fieldsRead(scan: SubPlan): string[] {
  const filter = fieldNames([scan.filter])
  if (scan.kind !== 'aggregate') return [...scan.fields, ...filter]
  const inputs = (scan.accumulators ?? []).flatMap((accumulator) => accumulator.inputs)
  return [...filter, ...fieldNames([...scan.inputs.map(({ expression }) => expression), ...inputs])]
}
