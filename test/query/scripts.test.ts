import { provideCore } from '../../engine/function/elementary.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { runScripts } from '../suites/script-suite.ts'
import { TableFixture } from '../support/table-fixture.ts'

provideCore(loadCore)
runScripts(async (tables) => ({ queryable: new TableFixture(tables), close: async () => undefined }))
