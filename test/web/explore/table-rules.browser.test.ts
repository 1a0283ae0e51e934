import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TableInfo } from '../../../engine/core/plan.ts'
import { TableRulesPanel } from '../../../web/explore/table-rules.ts'
import { BrowserSource } from '../../../web/source/browser-source.ts'

const DATABASE = 'table-rules'
let source: BrowserSource
let panel: TableRulesPanel

beforeEach(async () => {
  source = await BrowserSource.open(DATABASE)
  const time = BigInt(Date.now()) * 1_000_000n
  await source.append({ kind: 'line-protocol', body: `t,host=a x=1,y=2i ${time}\nu z=1 ${time}` })
  panel = new TableRulesPanel()
  panel.source = source
  panel.addEventListener('changed', () => void show())
  await show()
  document.body.append(panel)
  await panel.updateComplete
})
afterEach(async () => {
  document.body.replaceChildren()
  await source.close()
  indexedDB.deleteDatabase(DATABASE)
})

async function show(): Promise<void> {
  panel.catalog = await source.catalog()
}

async function table(name: string): Promise<TableInfo | undefined> {
  return (await source.catalog()).tables.find((each) => each.name === name)
}

/** Writes into the form that has a button of this name, and presses it. */
async function set(button: string, ...texts: string[]): Promise<void> {
  await panel.updateComplete
  const pressed = panel.shadowRoot?.querySelector<HTMLButtonElement>(`button[aria-label="${button}"]`)
  const inputs = [...(pressed?.closest('form')?.querySelectorAll('input') ?? [])]
  for (const [i, text] of texts.entries()) {
    const input = inputs[i]
    if (input) input.value = text
  }
  pressed?.click()
}

test('how long rows are kept is set, shown and taken away', async () => {
  await set('Set retention', '30d')
  await expect.poll(async () => (await table('t'))?.retentionMs).toBe(30 * 86_400_000)
  await expect.poll(() => panel.shadowRoot?.querySelector<HTMLInputElement>('#keep')?.value).toBe('30d')
  await set('Set retention', '')
  await expect.poll(async () => (await table('t'))?.retentionMs).toBeUndefined()
})

test('windows are added and dropped', async () => {
  await set('Add rollup', '1h', '365d')
  await expect.poll(async () => (await table('t'))?.rollups).toEqual([{ everyMs: 3_600_000, keepMs: 365 * 86_400_000 }])
  await expect.poll(() => panel.shadowRoot?.textContent).toContain('Windows of 1h, kept for')
  await set('Drop rollup of 1h')
  await expect.poll(async () => (await table('t'))?.rollups).toBeUndefined()
})

test('units are set of the table that is chosen, whatever characters they have', async () => {
  const select = panel.shadowRoot?.querySelector('select')
  if (select) select.value = 'u'
  select?.dispatchEvent(new Event('change'))
  await set('Set unit of z', "it's °")
  await expect.poll(async () => (await table('u'))?.fields).toEqual([{ name: 'z', type: 'f64', unit: "it's °" }])
})

test('what is refused is said', async () => {
  await set('Set retention', 'soon')
  await expect.poll(() => panel.shadowRoot?.querySelector('[role=alert]')?.textContent).toContain('duration')
  expect((await table('t'))?.retentionMs).toBeUndefined()
})
