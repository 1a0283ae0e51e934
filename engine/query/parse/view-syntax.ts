import type { DurationSyntax, ExpressionSyntax, NameSyntax, SelectStatement, SourceRange } from './syntax.ts'

/** When a view is brought up to date. */
export type RefreshSyntax = { kind: 'immediate' | 'manual' } | { kind: 'every'; every: DurationSyntax }

export interface CreateViewStatement {
  kind: 'create view'
  range: SourceRange
  name: NameSyntax
  ifNotExists: boolean
  refresh?: RefreshSyntax
  lateness?: DurationSyntax
  retain?: DurationSyntax
  query: SelectStatement
  /** The query as it is written. */
  text: string
}

export interface RefreshViewStatement {
  kind: 'refresh view'
  range: SourceRange
  name: NameSyntax
  bounds?: { from: ExpressionSyntax; to: ExpressionSyntax }
}

export interface AlterViewStatement {
  kind: 'alter view'
  range: SourceRange
  name: NameSyntax
  refresh: RefreshSyntax
}

export interface DropViewStatement {
  kind: 'drop view'
  range: SourceRange
  name: NameSyntax
  ifExists: boolean
}

export type ViewStatement = CreateViewStatement | RefreshViewStatement | AlterViewStatement | DropViewStatement
