import { runScripts } from '../suites/script-suite.ts'
import { TableFixture } from '../support/table-fixture.ts'

runScripts(async (tables) => ({ queryable: new TableFixture(tables), close: async () => undefined }))
