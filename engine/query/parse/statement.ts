import type {
  DeleteStatement,
  ExplainedStatement,
  ExplainStatement,
  InsertStatement,
  KillStatement,
  ShowStatement,
  SubscribeStatement,
} from './syntax.ts'
import type { TableStatement } from './table-syntax.ts'
import type { ExportStatement, ImportStatement } from './transfer-syntax.ts'
import type { ViewStatement } from './view-syntax.ts'

/** A statement that changes rows, tables or views. */
type ChangeStatement = InsertStatement | DeleteStatement | TableStatement | ImportStatement | ViewStatement

export type Statement =
  | ExplainedStatement
  | ShowStatement
  | ExplainStatement
  | ChangeStatement
  | SubscribeStatement
  | KillStatement
  | ExportStatement
