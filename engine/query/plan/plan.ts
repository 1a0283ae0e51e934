import type { Matcher } from '../../core/matcher.ts'
import type { SubPlan } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { ViewDefinition } from '../../core/view.ts'
import type {
  CheckedKill,
  CheckedModel,
  CheckedSelect,
  CheckedShow,
  CheckedStatement,
  Emission,
  ModelUse,
  WindowsOfRows,
} from '../check/checked.ts'
import type { ExportFormat } from '../check/export-format.ts'
import { queryError } from '../check/query-error.ts'
import { type Relation, type RelationColumn, relationColumns } from '../check/relation.ts'
import type { ShowSubject, SourceRange } from '../parse/syntax.ts'
import { lower } from './lower.ts'
import { type PlanNode, scansOf } from './node.ts'
import { type ChangePlan, planDelete, planInsert } from './plan-change.ts'
import { splitCondition } from './predicate.ts'
import { withoutApplied } from './rules/applied-queries.ts'
import { pruneColumns } from './rules/prune-columns.ts'
import { pullProject } from './rules/pull-project.ts'
import { pushFilter } from './rules/push-filter.ts'
import type { Rule } from './rules/rule.ts'

export interface SelectPlan {
  kind: 'select'
  root: PlanNode
  /** The columns of the answer. */
  columns: readonly RelationColumn[]
  /** The answer changes as time passes, without any append. */
  usesNow: boolean
  /** What was read for the queries in expressions, whose answers are in the plan. */
  asked: readonly SubPlan[]
}

export interface ShowPlan {
  kind: 'show'
  subject: ShowSubject
  table?: string
  tags: readonly string[]
  fields: CheckedShowFields
  view?: ViewDefinition
  key?: string
  matchers: readonly Matcher[]
  empty: boolean
  limit: number
}

type CheckedShowFields = NonNullable<CheckedShow['table']>['fields']

/** FORECAST or DETECT: models, and the rows that they read. */
export interface ModelPlan {
  kind: 'model'
  verb: string
  root: PlanNode
  models: readonly ModelUse[]
  usesNow: boolean
  asked: readonly SubPlan[]
}

/** A plan that is to be shown, with the relation that it answers. */
export interface ExplainPlan {
  kind: 'explain'
  /** Whether it is run too. */
  analyze: boolean
  relation: Relation
  plan: SelectPlan | ModelPlan
}

/** A plan that reads and changes nothing. */
export type ReadPlan = SelectPlan | ShowPlan | ModelPlan | ExplainPlan

/** A SELECT that is asked again and again. */
export interface SubscribePlan {
  kind: 'subscribe'
  range: SourceRange
  select: SelectPlan
  emit: Emission
  windows?: WindowsOfRows
  lateness?: bigint
}

/** A SELECT whose answer goes to a file. */
export interface ExportPlan {
  kind: 'export'
  range: SourceRange
  select: SelectPlan
  path: string
  format: ExportFormat
}

export type QueryPlan = ReadPlan | ChangePlan | SubscribePlan | KillPlan | ExportPlan

/** Ends a query. */
export type KillPlan = CheckedKill

/** The rewritings of a query, in the order in which they are made. */
const RULES: readonly Rule[] = [withoutApplied, pullProject, pushFilter, pruneColumns]

/** The same plan, in which views answer what they can. */
export type FromViews = (node: PlanNode) => PlanNode

const withoutViews: FromViews = (node) => node

/**
 * Plans a checked statement: what the shards do, and what is left to do with their answers. `asked` is what was read for the
 * queries in its expressions.
 */
export function plan(
  statement: CheckedStatement,
  asked: readonly SubPlan[] = [],
  fromViews: FromViews = withoutViews,
): QueryPlan {
  switch (statement.kind) {
    case 'show':
      return planShow(statement)
    case 'explain': {
      const { kind, analyze } = statement
      return {
        kind,
        analyze,
        relation: statement.statement.relation,
        plan: planRows(statement.statement, asked, fromViews),
      }
    }
    case 'insert':
      return planInsert(statement, fromViews(planRelation(statement.relation)))
    case 'delete':
      return planDelete(statement)
    case 'subscribe': {
      const { relation, usesNow, ...rest } = statement
      return { ...rest, select: planSelect({ kind: 'select', relation, usesNow }, asked, withoutViews) }
    }
    case 'export': {
      const { relation, usesNow, ...rest } = statement
      return { ...rest, select: planSelect({ kind: 'select', relation, usesNow }, asked, fromViews) }
    }
    case 'select':
    case 'model':
      return planRows(statement, asked, fromViews)
    default:
      return statement
  }
}

function planRows(
  statement: CheckedSelect | CheckedModel,
  asked: readonly SubPlan[],
  fromViews: FromViews,
): SelectPlan | ModelPlan {
  if (statement.kind === 'select') return planSelect(statement, asked, fromViews)
  const { kind, verb, models, usesNow, relation } = statement
  return { kind, verb, models, usesNow, asked, root: fromViews(planRelation(relation)) }
}

function planSelect({ relation, usesNow }: CheckedSelect, asked: readonly SubPlan[], fromViews: FromViews): SelectPlan {
  const root = fromViews(planRelation(relation))
  return { kind: 'select', root, columns: relationColumns(relation), usesNow, asked }
}

/** How the rows of a relation come to be. */
export function planRelation(relation: Relation): PlanNode {
  return lower(rewrite(relation))
}

/** A relation after all rules. */
export function rewrite(relation: Relation): Relation {
  return RULES.reduce((rewritten, rule) => rule(rewritten), relation)
}

/** What a plan reads of tables. */
export function readsOf(plan: SelectPlan | ModelPlan): readonly SubPlan[] {
  return [...plan.asked, ...scansOf(plan.root)]
}

function planShow(statement: CheckedShow): ShowPlan {
  const { matchers, start, end, filter, empty } = splitCondition(statement.condition)
  if (filter || start !== MIN_TIME || end !== MAX_TIME) {
    throw queryError(statement.conditionRange ?? { offset: 0, length: 0 }, 'SHOW SERIES takes tests of tags only', {
      expected: ['tests of tags'],
    })
  }
  return {
    kind: 'show',
    subject: statement.subject,
    tags: statement.table?.tags ?? [],
    fields: statement.table?.fields ?? [],
    matchers,
    empty,
    limit: statement.limit,
    ...(statement.table && { table: statement.table.name }),
    ...(statement.view && { view: statement.view }),
    ...(statement.key !== undefined && { key: statement.key }),
  }
}
