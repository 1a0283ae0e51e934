import { expect, test } from 'vitest'
import { commands } from 'vitest/browser'
import { loadCore } from '../../engine/kernel/load-browser.ts'
import { settledNames } from '../support/settled-names.ts'

declare module 'vitest/browser' {
  interface BrowserCommands {
    settledNamesInNode(): Promise<string[]>
  }
}

test('the same appends, flushes and compactions give the same bytes here and in Node', async () => {
  const here = await settledNames(loadCore)
  expect(here.length).toBeGreaterThan(3)
  expect(here).toEqual(await commands.settledNamesInNode())
})

test('they give the same bytes with the core for engines without vectors', async () => {
  expect(await settledNames(() => loadCore('core-scalar.wasm'))).toEqual(await commands.settledNamesInNode())
})
