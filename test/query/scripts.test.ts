import { provideCore } from '../../engine/function/elementary.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { runScripts } from '../suites/script-suite.ts'
import { changesOf } from '../support/fixture-changes.ts'
import { viewsOver } from '../support/fixture-views.ts'
import { TableFixture } from '../support/table-fixture.ts'

provideCore(loadCore)
runScripts(async (tables) => {
  const fixture = new TableFixture(tables)
  const changeable = changesOf(fixture)
  const views = viewsOver(fixture, changeable)
  return { queryable: fixture, changeable: { ...changeable, views }, close: async () => undefined }
})
