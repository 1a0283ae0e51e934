import { TidemarkError } from '../../core/errors.ts'
import type { Catalog } from '../../core/plan.ts'
import { type ViewDefinition, viewsOf } from '../../core/view.ts'
import { check } from '../check/check.ts'
import { callColumn, callKey } from '../check/checked.ts'
import type { Statement } from '../parse/statement.ts'
import { planRelation } from '../plan/plan.ts'
import type { PlannedView } from '../plan/view-answer.ts'

const planned = new WeakMap<Catalog, Promise<readonly PlannedView[]>>()

/** The views of a catalog whose rows are nothing but the cells of an aggregate. `read` gives the syntax of a text. */
export function plannedViews(
  catalog: Catalog,
  read: (text: string) => Promise<Statement>,
): Promise<readonly PlannedView[]> {
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
