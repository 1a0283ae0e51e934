import { printLiteral, printName } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import type { RollupRule } from '../../core/rollup.ts'
import { printDuration } from '../../core/time.ts'
import { RESERVED_WORDS } from '../parse/token.ts'

/** The statement that makes a table with the same columns, units and rules as far as statements have said them. */
export function printCreateTable({ name, tags, fields, defined }: TableInfo): string {
  const columns = [
    ...tags.map((tag) => `${quoted(tag)} TAG`),
    ...fields.map(({ name: field, type, unit }) => {
      return `${quoted(field)} ${type}${unit === undefined ? '' : ` UNIT ${printLiteral(unit)}`}`
    }),
  ]
  const { retentionMs, rollups = [] } = defined ?? {}
  return [
    `CREATE TABLE ${quoted(name)} (${columns.join(', ')})`,
    ...(retentionMs === undefined ? [] : [`RETENTION ${printMs(retentionMs)}`]),
    ...(rollups.length === 0 ? [] : [`ROLLUP ${rollups.map(printRollup).join(', ')}`]),
  ].join(' ')
}

/** As `ROLLUP` takes it. */
export function printRollup({ everyMs, keepMs }: RollupRule): string {
  return keepMs === undefined ? printMs(everyMs) : `${printMs(everyMs)} RETENTION ${printMs(keepMs)}`
}

export function printMs(ms: number): string {
  return printDuration(BigInt(ms) * 1_000_000n)
}

function quoted(name: string): string {
  return RESERVED_WORDS.has(name.toLowerCase()) ? `"${name}"` : printName(name)
}
