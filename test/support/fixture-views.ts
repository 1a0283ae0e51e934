import type { Changeable, ViewChanges } from '../../engine/core/changeable.ts'
import { LoadedViews } from '../../engine/view/loaded-views.ts'
import { StoreViews } from '../../engine/worker/view/store-views.ts'
import { Views } from '../../engine/worker/view/views.ts'
import type { TableFixture } from './table-fixture.ts'

/**
 * Views over a fixture: after each change all of their windows are stale, so that what a refresh makes does not depend on which
 * changes are told apart.
 */
export function viewsOver(fixture: TableFixture, changeable: Changeable): ViewChanges {
  const views = new Views()
  const all = { start: -(2n ** 63n), end: 2n ** 63n - 1n }
  fixture.watch((changes) => {
    for (const { table } of changes) views.touchDeleted(table, [], all)
  })
  const store = new StoreViews({
    views,
    registry: { keysOf: async () => [] },
    order: { applied: Promise.resolve() },
    clock: { now: () => 0n },
    append: (rows) => changeable.append(rows),
    delete: (rows) => changeable.delete(rows),
    expiry: () => undefined,
  })
  const defining: Changeable = {
    ...changeable,
    defineView: async (name, definition) => {
      await changeable.defineView(name, definition)
      views.define(name, definition)
    },
  }
  return new LoadedViews({
    queryable: fixture,
    changeable: defining,
    store,
    clock: { now: () => 0n },
    readCatalog: () => fixture.catalog(),
  })
}
