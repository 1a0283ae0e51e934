import type { DurationSyntax, NameSyntax, SourceRange } from './syntax.ts'

/** A column as CREATE and ALTER TABLE declare it; one without a type is a tag. */
export interface ColumnSyntax {
  name: NameSyntax
  type?: NameSyntax
  unit?: TextSyntax
}

/** A text in quotes, with its place. */
export interface TextSyntax {
  text: string
  range: SourceRange
}

/** Windows of a width, and how long they are kept. */
export interface RollupSyntax {
  width: DurationSyntax
  retention?: DurationSyntax
}

export interface CreateTableStatement {
  kind: 'create table'
  range: SourceRange
  table: NameSyntax
  ifNotExists: boolean
  columns: readonly ColumnSyntax[]
  retention?: DurationSyntax
  rollups: readonly RollupSyntax[]
}

/** What ALTER TABLE alters, one thing a statement. */
export type AlterationSyntax =
  | { kind: 'add column'; column: ColumnSyntax }
  | { kind: 'set unit'; column: NameSyntax; unit?: TextSyntax }
  | { kind: 'set retention'; retention: DurationSyntax }
  | { kind: 'drop retention'; range: SourceRange }
  | { kind: 'add rollup'; rollup: RollupSyntax }
  | { kind: 'drop rollup'; width: DurationSyntax }

export interface AlterTableStatement {
  kind: 'alter table'
  range: SourceRange
  table: NameSyntax
  alteration: AlterationSyntax
}

export interface DropTableStatement {
  kind: 'drop table'
  range: SourceRange
  table: NameSyntax
  ifExists: boolean
}

/** A statement that says what a table is. */
export type TableStatement = CreateTableStatement | AlterTableStatement | DropTableStatement
