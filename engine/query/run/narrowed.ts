import { isValid } from '../../core/batch.ts'
import type { Expression } from '../../core/expression.ts'
import type { Matcher } from '../../core/matcher.ts'
import { MAX_NARROWING_KEYS, narrowingOf } from '../plan/narrowing.ts'
import type { JoinNode } from '../plan/node.ts'
import { type HeldRows, keyColumn } from './held-rows.ts'
import type { QueryRun } from './operator.ts'

/** The run of a join's left side, whose scan reads only series that the rows of the right side ask for where these are few. */
export function narrowed(node: JoinNode, held: HeldRows, run: QueryRun): QueryRun {
  const narrowing = narrowingOf(node)
  const key = narrowing && node.equal[narrowing.key]
  const values = key && keyValues(held, key.right)
  if (narrowing === undefined || values === undefined) return run
  const matcher: Matcher = { tag: narrowing.tag, op: 'in', values }
  return { ...run, narrowed: new Map([...(run.narrowed ?? []), [narrowing.leaf, matcher]]) }
}

/** The different values of a key; `undefined` where they are too many. */
function keyValues({ batch }: HeldRows, key: Expression): string[] | undefined {
  const column = keyColumn(key, batch)
  if (column.type !== 'string') return undefined
  const { values, validity, dictionary } = column
  const codes = new Set<number>()
  for (const [row, code] of values.entries()) {
    if (validity && !isValid(validity, row)) continue
    codes.add(code)
    if (codes.size > MAX_NARROWING_KEYS) return undefined
  }
  return Array.from(codes, (code) => dictionary[code] as string)
}
