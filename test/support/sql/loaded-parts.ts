import { loadPatterns } from '../../../engine/core/pattern.ts'
import { loadCheckOf } from '../../../engine/query/check/rare-checks.ts'
import { parse } from '../../../engine/query/parse/parse.ts'
import { loadRulesFor } from '../../../engine/query/plan/rules/applied-queries.ts'

/** A statement of each kind whose check is loaded with the first of them. */
const RARE_STATEMENTS = [
  'DELETE FROM t WHERE TRUE',
  'INSERT INTO t SELECT 1',
  'FORECAST a USING m FOR 1h',
  'SUBSCRIBE SELECT 1',
  'DROP TABLE t',
  "EXPORT (SELECT 1) TO 'f.csv'",
  'DROP MATERIALIZED VIEW v',
]

/** Loads all that statements may need to be checked and planned. */
export async function loadAllParts(): Promise<void> {
  await loadPatterns()
  for (const text of RARE_STATEMENTS) await loadCheckOf(parse(text))
  await loadRulesFor('SELECT (SELECT 1)')
}
