import { afterEach, describe, expect, test } from 'vitest'
import { collectRows, TidemarkError } from '../../../engine/engine.ts'
import { RejectedRowsPanel } from '../../../web/explore/rejected-rows.ts'
import { RunningQueriesPanel } from '../../../web/explore/running-queries.ts'
import { StoreBackup } from '../../../web/explore/store-backup.ts'
import { BrowserSource } from '../../../web/source/browser-source.ts'
import type { Source } from '../../../web/source/source.ts'

const databases: string[] = []
afterEach(async () => {
  document.body.replaceChildren()
  for (const database of databases.splice(0)) indexedDB.deleteDatabase(database)
})

async function openSource(database: string): Promise<BrowserSource> {
  if (!databases.includes(database)) databases.push(database)
  return BrowserSource.open(database)
}

const text = (element: HTMLElement): string => element.shadowRoot?.textContent.replaceAll(/\s+/g, ' ').trim() ?? ''

function open(element: HTMLElement): void {
  const details = element.shadowRoot?.querySelector('details')
  if (details) details.open = true
}

async function count(source: Source): Promise<unknown> {
  const { columns } = await collectRows(await source.query('SELECT count(*) FROM t'))
  return columns[0]?.values[0]
}

describe('the panel of rejected rows', () => {
  test('shows reason, text and place once it is opened, the newest first', async () => {
    const source = await openSource('rejected-panel')
    await source.append({ kind: 'line-protocol', body: 't a=1 1\nt a="x" 2' })
    await source.append({ kind: 'line-protocol', body: 'nonsense' })
    const panel = new RejectedRowsPanel()
    panel.source = source
    document.body.append(panel)
    await panel.updateComplete
    expect(text(panel)).toBe('Rejected rows')
    open(panel)
    await expect.poll(() => panel.shadowRoot?.querySelectorAll('li').length).toBe(2)
    const [newest, older] = [...(panel.shadowRoot?.querySelectorAll('li') ?? [])].map((item) => item.textContent)
    expect(newest).toContain('nonsense')
    expect(newest).toContain('line 1')
    expect(older).toContain('t a="x" 2')
    expect(panel.shadowRoot?.querySelector('ol')?.getAttribute('aria-label')).toBe('Rejected rows')
    await source.close()
  })

  test('says that there is none, and why it could not ask', async () => {
    const source = await openSource('rejected-none')
    const panel = new RejectedRowsPanel()
    panel.source = source
    document.body.append(panel)
    await panel.updateComplete
    open(panel)
    await expect.poll(() => text(panel)).toContain('Every row so far was taken.')
    await source.close()
    panel.revision = 1
    await expect.poll(() => panel.shadowRoot?.querySelector('[role=alert]')?.textContent).toContain('closed')
  })
})

describe('the panel of queries', () => {
  test('lists what runs, and ends it', async () => {
    const source = await openSource('queries-panel')
    await source.append({
      kind: 'line-protocol',
      body: Array.from({ length: 2000 }, (_, i) => `t v=${i} ${i + 1}`).join('\n'),
    })
    const panel = new RunningQueriesPanel()
    panel.source = source
    document.body.append(panel)
    await panel.updateComplete
    open(panel)
    await expect.poll(() => text(panel)).toContain('No query runs.')
    const endless = 'SELECT count(*) AS c FROM t AS a CROSS JOIN t AS b CROSS JOIN t AS d'
    const ended = expect(source.query(endless)).rejects.toThrow('the query was ended by KILL')
    await expect.poll(() => panel.shadowRoot?.querySelector('code')?.textContent, { timeout: 5000 }).toBe(endless)
    expect(text(panel)).toContain('running for local')
    panel.shadowRoot?.querySelector<HTMLButtonElement>('li button')?.click()
    await ended
    await expect.poll(() => text(panel), { timeout: 5000 }).toContain('No query runs.')
    await source.close()
  })
})

describe('a backup in the browser', () => {
  test('restores what the store was, and asks before data goes', async () => {
    const source = await openSource('backup-panel')
    await source.append({ kind: 'line-protocol', body: 't,s=a v=1 1\nt,s=b v=2 2' })
    const parts: BlobPart[] = []
    for await (const chunk of source.backup()) parts.push(chunk)
    await source.append({ kind: 'line-protocol', body: 't,s=c v=3 3' })
    expect(await count(source)).toBe(3n)

    const panel = new StoreBackup()
    panel.source = source
    document.body.append(panel)
    await panel.updateComplete
    let restored = false
    panel.addEventListener('restored', () => {
      restored = true
    })
    panel.chosen = new File(parts, 'mine.tdmk')
    await panel.updateComplete
    expect(text(panel)).toContain('mine.tdmk takes the place of all data in this browser.')
    expect(await count(source)).toBe(3n)
    panel.shadowRoot?.querySelector<HTMLButtonElement>('.primary')?.click()
    await expect.poll(() => restored, { timeout: 10_000 }).toBe(true)
    const again = await openSource('backup-panel')
    expect(await count(again)).toBe(2n)
    await again.append({ kind: 'line-protocol', body: 't,s=d v=4 4' })
    expect(await count(again)).toBe(3n)
    await again.close()
    const third = await openSource('backup-panel')
    expect(await count(third)).toBe(3n)
    await third.close()
  })

  test('that is damaged changes nothing', async () => {
    const source = await openSource('backup-damaged')
    await source.append({ kind: 'line-protocol', body: 't v=1 1' })
    const failed = source.restore(new Blob(['this is no backup at all, but it is long enough']))
    await expect(failed).rejects.toBeInstanceOf(TidemarkError)
    const again = await openSource('backup-damaged')
    expect(await count(again)).toBe(1n)
    await again.close()
  })
})
