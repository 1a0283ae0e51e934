import type { Changeable, ViewChanges } from '../core/changeable.ts'
import type { TableDefinition } from '../core/definition.ts'
import { printViewDefinition, type ViewDefinition } from '../core/view.ts'
import type { ViewRefresher } from './view-refresher.ts'

const NANOSECONDS_PER_MS = 1_000_000n

/** What statements do to views, of what a store can do. */
export function viewChanges(
  { changeTable, defineView }: Pick<Changeable, 'changeTable' | 'defineView'>,
  refresher: ViewRefresher,
): ViewChanges {
  return {
    create: async (definition) => {
      // Where that is all that is done, there is an empty table, which DROP TABLE takes away.
      await changeTable(definition.name, { kind: 'create', definition: tableOf(definition) })
      await defineView(definition.name, printViewDefinition(definition))
      await refresher.start()
    },
    alter: async (definition) => {
      await defineView(definition.name, printViewDefinition(definition))
      await refresher.start()
    },
    drop: async (name) => {
      await defineView(name)
      await changeTable(name, { kind: 'drop' })
    },
    refresh: (name, within) => refresher.refresh(name, within),
  }
}

/** The table that a view is. */
function tableOf({ tags, fields, retain }: ViewDefinition): TableDefinition {
  return {
    tags: tags.map(({ name }) => name),
    fields,
    ...(retain !== undefined && { retentionMs: Number(retain / NANOSECONDS_PER_MS) }),
    rollups: [],
  }
}
