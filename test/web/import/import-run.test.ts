import { expect, test } from 'vitest'
import type { RejectedRow } from '../../../engine/core/rows.ts'
import type { AppendInput, AppendResult } from '../../../engine/engine.ts'
import {
  type ImportPiece,
  type ImportProgress,
  MAX_SHOWN_REJECTIONS,
  runImport,
} from '../../../web/import/import-run.ts'

const rejection = (line: number): RejectedRow => ({ line, column: 1, reason: 'bad', text: '' })

async function* pieces(count: number, rejected: (n: number) => RejectedRow[] = () => []): AsyncGenerator<ImportPiece> {
  for (let n = 0; n < count; n++) {
    yield { input: { kind: 'line-protocol', body: `a v=${n}` }, rejected: rejected(n) }
  }
}

function run(
  source: AsyncIterable<ImportPiece>,
  append: (input: AppendInput) => Promise<AppendResult>,
  signal?: AbortSignal,
) {
  const seen: ImportProgress[] = []
  const done = runImport(
    source,
    { append },
    {
      totalBytes: 100,
      bytesRead: () => 50,
      signal: signal ?? new AbortController().signal,
      onProgress: (progress) => seen.push(progress),
    },
  )
  return { done, seen }
}

const oneRow = async (): Promise<AppendResult> => ({ rows: 1, rejectedCount: 0, rejected: [], warnings: ['odd time'] })

test('counts rows, rejections of both readers, and each warning once', async () => {
  const { done, seen } = run(
    pieces(3, (n) => (n === 1 ? [rejection(7)] : [])),
    async () => ({ rows: 2, rejectedCount: 1, rejected: [rejection(9)], warnings: ['odd time'] }),
  )
  expect(await done).toMatchObject({ rows: 6, rejectedCount: 4, warnings: ['odd time'], bytes: 50, totalBytes: 100 })
  expect(seen.length).toBeGreaterThanOrEqual(3)
})

test(`keeps exactly the first ${MAX_SHOWN_REJECTIONS} rejections and counts the rest`, async () => {
  const lines = Array.from({ length: MAX_SHOWN_REJECTIONS + 1 }, (_, i) => rejection(i))
  const { done } = run(
    pieces(1, () => lines),
    oneRow,
  )
  const { rejected, rejectedCount } = await done
  expect(rejected).toEqual(lines.slice(0, MAX_SHOWN_REJECTIONS))
  expect(rejectedCount).toBe(MAX_SHOWN_REJECTIONS + 1)
})

test('stops between pieces when it is told to, with what was appended', async () => {
  const controller = new AbortController()
  let appended = 0
  const { done } = run(
    pieces(100),
    async () => {
      if (++appended === 3) controller.abort()
      return oneRow()
    },
    controller.signal,
  )
  expect((await done).rows).toBe(3)
})

test('ends with the error of an append that fails', async () => {
  const { done } = run(pieces(5), () => Promise.reject(new Error('disk full')))
  await expect(done).rejects.toThrow('disk full')
})
