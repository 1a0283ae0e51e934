import type { Catalog } from '../../core/plan.ts'
import { type ViewDefinition, viewsOf } from '../../core/view.ts'
import type { NameSyntax } from '../parse/syntax.ts'
import { queryError, unknownName } from './query-error.ts'

/** The view of a name. */
export function findView(catalog: Catalog, { name, range }: NameSyntax): ViewDefinition {
  const views = viewsOf(catalog)
  const view = views.find((each) => each.name === name)
  if (view !== undefined) return view
  throw unknownName(
    range,
    { what: 'view', wrong: name },
    views.map((each) => each.name),
  )
}

/** Refuses to drop what views read. */
export function requireUnread(catalog: Catalog, { name, range }: NameSyntax): void {
  const readers = viewsOf(catalog)
    .filter((view) => view.source === name)
    .map((view) => `'${view.name}'`)
  if (readers.length === 0) return
  const [noun, verb, them] = readers.length === 1 ? ['view', 'reads', 'it'] : ['views', 'read', 'them']
  throw queryError(range, `the ${noun} ${readers.join(', ')} ${verb} '${name}'; expected ${them} to be dropped first`)
}

/** Refuses to change rows that are the answer of a view's query. */
export function requireWritable(catalog: Catalog, table: NameSyntax): void {
  requireNoView(catalog, table, 'Its rows are the answer of its query: change those of the table that it reads.')
}

/** Refuses to do to a view what is for tables. */
export function requireNoView(catalog: Catalog, { name, range }: NameSyntax, instead: string): void {
  if (!viewsOf(catalog).some((view) => view.name === name)) return
  throw queryError(range, `'${name}' is a materialised view; expected a table`, { hint: instead })
}
