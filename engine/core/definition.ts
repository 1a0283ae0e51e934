import type { FieldType } from './batch.ts'
import type { RollupRule } from './rollup.ts'

/** A field as a statement declares it. */
export interface FieldDefinition {
  name: string
  type: FieldType
  /** A unit of measurement, as answers show it. */
  unit?: string
}

/** What statements say of a table. Of what they do not say, the rows decide its columns and the options at opening its rules. */
export interface TableDefinition {
  tags: readonly string[]
  fields: readonly FieldDefinition[]
  /** How long rows are kept. */
  retentionMs?: number
  rollups: readonly RollupRule[]
}

/** What one statement changes of a table. Each may be made again: what is so already stays as it is. */
export type TableChange =
  | { kind: 'create'; definition: TableDefinition }
  | { kind: 'add tag'; name: string }
  | { kind: 'add field'; field: FieldDefinition }
  | { kind: 'set unit'; field: string; unit?: string }
  | { kind: 'set retention'; retentionMs?: number }
  | { kind: 'add rollup'; rollup: RollupRule }
  | { kind: 'drop rollup'; everyMs: number }
  | { kind: 'drop' }

/** A view by its name; `definition` is JSON whose form is a matter of who runs views. */
export interface ViewInfo {
  name: string
  definition: string
}
