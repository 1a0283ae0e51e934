import { afterEach, expect, test } from 'vitest'
import { collectRows } from '../../../engine/engine.ts'
import { ExplorePage } from '../../../web/explore/explore-page.ts'
import { BrowserSource } from '../../../web/source/browser-source.ts'

const DATABASE = 'explore-page'
const ENDLESS = 'SELECT count(*) AS c FROM t AS a CROSS JOIN t AS b CROSS JOIN t AS d'

afterEach(() => {
  document.body.replaceChildren()
  indexedDB.deleteDatabase(DATABASE)
})

test('what the editor runs is ended by Stop and by Escape, and no query is left behind', async () => {
  const source = await BrowserSource.open(DATABASE)
  const lines = Array.from({ length: 2000 }, (_, i) => `t v=${i} ${i + 1}`)
  await source.append({ kind: 'line-protocol', body: lines.join('\n') })
  const page = new ExplorePage()
  page.source = source
  page.query = ENDLESS
  document.body.append(page)
  const button = () =>
    [...(page.shadowRoot?.querySelectorAll('button') ?? [])].find(({ textContent }) => textContent.includes('Stop'))
  const message = () => page.shadowRoot?.querySelector('[role=alert]')?.textContent.trim()
  const running = async () => (await collectRows(await source.query('SHOW QUERIES'))).rows

  await expect.poll(running, { timeout: 5000 }).toBe(1)
  button()?.click()
  await expect.poll(message).toBe('The query was stopped.')
  await expect.poll(running, { timeout: 5000 }).toBe(0)
  expect(button()).toBeUndefined()

  page.queryRevision = 1
  await expect.poll(running, { timeout: 5000 }).toBe(1)
  const key = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true, composed: true })
  page.shadowRoot?.querySelector('tidemark-query-editor')?.dispatchEvent(key)
  await expect.poll(message).toBe('The query was stopped.')
  await expect.poll(running, { timeout: 5000 }).toBe(0)
  expect(key.defaultPrevented).toBe(true)
  await source.close()
})
