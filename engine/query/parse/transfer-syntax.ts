import type { NameSyntax, SelectStatement, SourceRange } from './syntax.ts'
import type { ColumnSyntax, TextSyntax } from './table-syntax.ts'

export interface ExportStatement {
  kind: 'export'
  range: SourceRange
  query: SelectStatement
  file: TextSyntax
  format?: NameSyntax
}

export interface ImportStatement {
  kind: 'import'
  range: SourceRange
  file: TextSyntax
  table?: NameSyntax
  format?: NameSyntax
  time?: NameSyntax
  tags: readonly NameSyntax[]
  ignore: readonly NameSyntax[]
  fields: readonly ColumnSyntax[]
  precision?: NameSyntax
}
