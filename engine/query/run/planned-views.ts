import { TidemarkError } from '../../core/errors.ts'
import type { Catalog, Queryable } from '../../core/plan.ts'
import { type ViewDefinition, viewsOf } from '../../core/view.ts'
import { check } from '../check/check.ts'
import { callColumn, callKey } from '../check/checked.ts'
import type { Statement } from '../parse/statement.ts'
import { type FromViews, planRelation } from '../plan/plan.ts'
import { answerFromViews, type PlannedView } from '../plan/view-answer.ts'

const planned = new WeakMap<Catalog, Promise<readonly PlannedView[]>>()
/** How many series tables have is asked for again after so long, in ns. */
const COUNTED_NS = 60_000_000_000n
const counted = new WeakMap<Catalog, { at: bigint; series: Promise<ReadonlyMap<string, number>> }>()

interface Counting {
  queryable: Pick<Queryable, 'tableCardinality'>
  now: bigint
}

/** How views of a catalog answer what they can of a plan. `read` gives the syntax of a text. */
export async function answeringFromViews(
  catalog: Catalog,
  read: (text: string) => Promise<Statement>,
  counting: Counting,
): Promise<FromViews> {
  const views = await plannedViews(catalog, read, counting)
  return (node) => answerFromViews(node, views)
}

/** The views of a catalog whose rows are nothing but the cells of an aggregate, with how many groups they have. */
async function plannedViews(
  catalog: Catalog,
  read: (text: string) => Promise<Statement>,
  { queryable, now }: Counting,
): Promise<readonly PlannedView[]> {
  const views = await viewsWithPlans(catalog, read)
  if (views.length < 2) return views
  const series = await seriesOf(catalog, queryable, now)
  return views.map((view) => {
    // One that has never been refreshed has no series yet.
    const groups = series.get(view.definition.name) ?? series.get(view.definition.source)
    return groups === undefined ? view : { ...view, groups }
  })
}

/** Series by table, as they were a minute ago at most. */
function seriesOf(
  catalog: Catalog,
  queryable: Pick<Queryable, 'tableCardinality'>,
  now: bigint,
): Promise<ReadonlyMap<string, number>> {
  const known = counted.get(catalog)
  if (known && now >= known.at && now - known.at < COUNTED_NS) return known.series
  const series = queryable.tableCardinality().then((all) => new Map(all.map((one) => [one.table, one.series])))
  counted.set(catalog, { at: now, series })
  // Where it fails the next one asks anew.
  series.catch(() => counted.delete(catalog))
  return series
}

function viewsWithPlans(catalog: Catalog, read: (text: string) => Promise<Statement>): Promise<readonly PlannedView[]> {
  const known = planned.get(catalog)
  if (known) return known
  const views = viewsOf(catalog).map((definition) => planView(definition, catalog, read))
  const found = Promise.all(views).then((all) => all.filter((view) => view !== undefined))
  planned.set(catalog, found)
  return found
}

async function planView(
  definition: ViewDefinition,
  catalog: Catalog,
  read: (text: string) => Promise<Statement>,
): Promise<PlannedView | undefined> {
  try {
    const checked = check(await read(definition.query), catalog, { now: 0n })
    const root = checked.kind === 'select' ? planRelation(checked.relation) : undefined
    if (root?.kind !== 'project' || root.input.kind !== 'cells') return undefined
    const cells = root.input
    const fields = cells.calls.flatMap((call, k): [string, string][] => {
      const output = root.outputs.find(
        ({ expression }) => expression.kind === 'column' && expression.name === callColumn(k),
      )
      return output ? [[callKey(call), output.name]] : []
    })
    return { definition, cells, fields: new Map(fields) }
  } catch (error) {
    // Its refresh says what is wrong with it.
    if (error instanceof TidemarkError) return undefined
    throw error
  }
}
