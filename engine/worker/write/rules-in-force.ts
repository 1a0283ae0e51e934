import type { Catalog } from '../../core/plan.ts'
import { isReservedName, parseRollupTable, type RollupRule } from '../../core/rollup.ts'
import { type Retention, retentionIn } from '../retention.ts'
import { type RollupRules, rollupsOf, widthsOf } from '../rollup/rollup-rules.ts'
import type { StoreDefinitions } from './store-definitions.ts'

const NS_PER_MS = 1_000_000n

/**
 * How long the rows of each table are kept, and which windows are. What a statement says of a table wins over the options at
 * opening; where no statement says anything they count. Windows are kept that either asks for.
 */
export class RulesInForce {
  readonly #retention: Retention
  readonly #rollups: RollupRules
  readonly #definitions: Pick<StoreDefinitions, 'table'>
  /** By table, as long as its definition stays. */
  readonly #widths = new Map<string, readonly bigint[]>()

  constructor(options: { retention: Retention; rollups: RollupRules }, definitions: Pick<StoreDefinitions, 'table'>) {
    this.#retention = options.retention
    this.#rollups = options.rollups
    this.#definitions = definitions
  }

  /** How long rows of a table, or windows of a rollup, are kept, in nanoseconds; `undefined` where that is for ever. */
  retention(table: string): bigint | undefined {
    const rollup = parseRollupTable(table)
    const kept = rollup === undefined ? this.#definitions.table(table)?.retentionMs : undefined
    if (kept !== undefined) return BigInt(kept) * NS_PER_MS
    const rules = rollup && this.#definitions.table(rollup.table)?.rollups
    const rule = rules?.find(({ everyMs }) => BigInt(everyMs) * NS_PER_MS === rollup?.width)
    if (rule) return rule.keepMs === undefined ? undefined : BigInt(rule.keepMs) * NS_PER_MS
    return retentionIn(this.#retention, table)
  }

  /** Rows of a table before this time have expired; `undefined` where all are kept. */
  expiry(table: string, now: bigint): bigint | undefined {
    const kept = this.retention(table)
    return kept === undefined ? undefined : now - kept
  }

  /** The windows that are kept of a table, narrow ones first. */
  rollups(table: string): readonly RollupRule[] {
    const defined = this.#definitions.table(table)?.rollups ?? []
    const others = rollupsOf(this.#rollups, table).filter((rule) =>
      defined.every(({ everyMs }) => everyMs !== rule.everyMs),
    )
    return [...defined, ...others].sort((a, b) => a.everyMs - b.everyMs)
  }

  /** Widths in ns of the windows that are kept of a table, ascending. */
  widths(table: string): readonly bigint[] {
    const known = this.#widths.get(table)
    if (known) return known
    const widths = widthsOf(this.rollups(table))
    this.#widths.set(table, widths)
    return widths
  }

  /** A table is defined otherwise. */
  changed(table: string): void {
    this.#widths.delete(table)
  }
}

/** All tables with the units, rules and views that are in force. */
export function describedCatalog({ tables }: Catalog, definitions: StoreDefinitions, rules: RulesInForce): Catalog {
  const { views } = definitions
  return {
    tables: tables
      .filter(({ name }) => !isReservedName(name))
      .map(({ name, tags, fields }) => {
        const defined = definitions.table(name)
        const units = new Map(defined?.fields.map((field) => [field.name, field.unit]))
        const [kept, rollups] = [rules.retention(name), rules.rollups(name)]
        return {
          name,
          tags,
          fields: fields.map((field) => {
            const unit = units.get(field.name)
            return unit === undefined ? field : { ...field, unit }
          }),
          ...(kept !== undefined && { retentionMs: Number(kept / NS_PER_MS) }),
          ...(rollups.length > 0 && { rollups }),
          ...(defined && { defined }),
        }
      }),
    ...(views.length > 0 && { views }),
  }
}
