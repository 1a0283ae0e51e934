import { afterEach, expect, test } from 'vitest'
import { StorageMeter } from '../../../web/app/storage-meter.ts'

afterEach(() => document.body.replaceChildren())

async function shown(): Promise<{ meter: HTMLMeterElement; text: string }> {
  const element = new StorageMeter()
  document.body.append(element)
  await expect.poll(() => element.shadowRoot?.querySelector('meter')).toBeTruthy()
  const meter = element.shadowRoot?.querySelector('meter')
  if (!(meter instanceof HTMLMeterElement)) throw new Error('there is a meter')
  return { meter, text: element.shadowRoot?.textContent ?? '' }
}

test('shows what the browser says of the space that is used and of all there is', async () => {
  const estimate = () => navigator.storage.estimate()
  const [earlier, before, later] = [await estimate(), await shown(), await estimate()]
  expect(before.meter.max).toBe(later.quota)
  // Other tests of this site use space meanwhile.
  const used = [earlier.usage ?? 0, later.usage ?? 0]
  expect(before.meter.value).toBeGreaterThanOrEqual(Math.min(...used))
  expect(before.meter.value).toBeLessThanOrEqual(Math.max(...used))
  expect(before.meter.getAttribute('aria-label')).toBe('Storage of this page')
  expect(before.text).toMatch(/\d ([KMG]i)?B of \d+(\.\d+)? [MGT]iB/)

  const root = await navigator.storage.getDirectory()
  const file = await (await root.getFileHandle('filling', { create: true })).createWritable()
  await file.write(new Uint8Array(3 << 20))
  await file.close()
  const after = await shown()
  expect(after.meter.value).toBeGreaterThanOrEqual(3 << 20)
  expect(after.text).toMatch(/\d MiB of /)
  await root.removeEntry('filling')
})

test('says whether the browser keeps the data, and offers to ask where it does not', async () => {
  const { text } = await shown()
  expect(text).toContain((await navigator.storage.persisted()) ? 'kept' : 'Keep')
})
