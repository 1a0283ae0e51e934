import { type Batch, isValid } from '../../core/batch.ts'
import type { Matcher } from '../../core/matcher.ts'
import { MAX_NARROWING_KEYS, narrowingOf, type Side } from '../plan/narrowing.ts'
import type { JoinNode } from '../plan/node.ts'
import { keyColumn } from './held-rows.ts'
import type { QueryRun } from './operator.ts'

/** The run of one side of a join, whose scan reads only series that the rows of the other side ask for where these are few. */
export function narrowed(node: JoinNode, side: Side, others: readonly Batch[], run: QueryRun): QueryRun {
  const narrowing = narrowingOf(node, side)
  const key = narrowing && node.equal[narrowing.key]
  const values = key && keyValues(others, key[side === 'left' ? 'right' : 'left'])
  if (narrowing === undefined || values === undefined) return run
  const { leaf, tag } = narrowing
  const matcher: Matcher = { tag, op: 'in', values }
  return { ...run, narrowed: new Map([...(run.narrowed ?? []), [leaf, [...(run.narrowed?.get(leaf) ?? []), matcher]]]) }
}

/** The different values of a key; `undefined` where they are too many. */
function keyValues(batches: readonly Batch[], key: JoinNode['equal'][number][Side]): string[] | undefined {
  const found = new Set<string>()
  for (const batch of batches) {
    const column = keyColumn(key, batch)
    if (column.type !== 'string') return undefined
    const { values, validity, dictionary } = column
    const codes = new Set<number>()
    for (const [row, code] of values.entries()) {
      if (validity && !isValid(validity, row)) continue
      codes.add(code)
      if (codes.size > MAX_NARROWING_KEYS) return undefined
    }
    for (const code of codes) found.add(dictionary[code] as string)
    if (found.size > MAX_NARROWING_KEYS) return undefined
  }
  return [...found]
}
