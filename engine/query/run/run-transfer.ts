import type { Batch } from '../../core/batch.ts'
import type { Changeable, WrittenRows } from '../../core/changeable.ts'
import type { FileAccess, FilePart } from '../../core/file-access.ts'
import type { ExportFormat } from '../check/export-format.ts'
import type { ExportPlan } from '../plan/plan.ts'
import type { ImportPlan } from '../plan/plan-change.ts'
import { oneRow } from './one-row.ts'
import { checkCancelled, type QueryRun } from './operator.ts'
import type { QueryResult } from './result.ts'

/** Different reasons for rejections that an answer has. */
const MAX_REASONS = 10

/** Writes an answer to a file as it comes, and answers how many rows it has. */
export async function runExport(
  { path, format }: ExportPlan,
  answer: QueryResult,
  files: FileAccess,
): Promise<QueryResult> {
  let rows = 0
  async function* counted(): AsyncGenerator<Batch> {
    for await (const batch of answer.batches) {
      rows += batch.rows
      yield batch
    }
  }
  const encode = await encoderOf(format)
  await files.write(path, encode({ ...answer, batches: counted() }))
  return oneRow([
    { name: 'file', type: 'string', value: path },
    { name: 'rows', type: 'i64', value: BigInt(rows) },
  ])
}

type Encoder = (result: QueryResult) => AsyncIterable<Uint8Array>

async function encoderOf(format: ExportFormat): Promise<Encoder> {
  switch (format) {
    case 'csv': {
      const { toCsv } = await import('../formats/csv.ts')
      return (result) => utf8(toCsv(result))
    }
    case 'json': {
      const { toJson } = await import('../formats/json.ts')
      return (result) => utf8(toJson(result))
    }
    case 'ndjson': {
      const { toJsonLines } = await import('../formats/json-lines.ts')
      return (result) => utf8(toJsonLines(result))
    }
    case 'arrow':
      return (await import('../formats/arrow.ts')).toArrowStream
    case 'parquet':
      return (await import('../formats/parquet.ts')).toParquet
  }
}

async function* utf8(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of pieces) yield encoder.encode(piece)
}

/** Writes the rows of a file as they are read, and answers how many were written and rejected, and why. */
export async function runImport(
  { request }: ImportPlan,
  { changeable, files, run }: { changeable: Changeable; files: FileAccess; run: QueryRun },
): Promise<QueryResult> {
  let [written, rejected] = [0, 0]
  const reasons = new Set<string>()
  for await (const part of files.read(request)) {
    checkCancelled(run)
    const stored = await append(part, changeable, request.precision)
    written += stored.rows
    rejected += stored.rejectedCount + part.rejected.length
    for (const { reason } of [...part.rejected, ...stored.rejected]) {
      if (reasons.size < MAX_REASONS) reasons.add(reason)
    }
  }
  return oneRow([
    { name: 'written', type: 'i64', value: BigInt(written) },
    { name: 'rejected', type: 'i64', value: BigInt(rejected) },
    { name: 'reason', type: 'string', value: reasons.size === 0 ? null : [...reasons].join('; ') },
  ])
}

async function append(
  { rows, lines }: FilePart,
  changeable: Changeable,
  precision: Parameters<Changeable['appendLines']>[1],
): Promise<WrittenRows> {
  if (lines && lines.length > 0) return changeable.appendLines(lines, precision)
  if (rows && rows.time.length > 0) return changeable.append(rows)
  return { rows: 0, rejectedCount: 0, rejected: [] }
}
