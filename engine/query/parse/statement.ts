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

/** A statement that changes rows or tables. */
type ChangeStatement = InsertStatement | DeleteStatement | TableStatement

export type Statement =
  | ExplainedStatement
  | ShowStatement
  | ExplainStatement
  | ChangeStatement
  | SubscribeStatement
  | KillStatement
