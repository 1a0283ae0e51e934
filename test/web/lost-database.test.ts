import { appendFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { StaticSite } from '../support/app-site.ts'
import type { CrashPage } from '../support/crash-page.ts'
import { LastingBrowser, offerOf, serveCrashPage } from '../support/lasting-browser.ts'

/** Where a profile has the databases of IndexedDB. */
const FOLDER = join('Default', 'IndexedDB')
/** Checksum, length 1000 and kind of a record of LevelDB's log, of which only the first bytes follow. */
const TORN_RECORD = Uint8Array.of(1, 2, 3, 4, 0xe8, 0x03, 1, 5, 6, 7)

let site: StaticSite
let browser: LastingBrowser
const complaints: string[] = []

beforeAll(async () => {
  site = await serveCrashPage()
})
afterAll(() => site?.close())
beforeEach(async () => {
  browser = await LastingBrowser.start(site.url, {
    acknowledged: () => undefined,
    failed: (message) => complaints.push(message),
  })
})
afterEach(async () => {
  await browser.close()
  expect(complaints.splice(0)).toEqual([])
})

async function open(page: Page, replaceLost = false): ReturnType<CrashPage['open']> {
  return (await offerOf(page)).evaluate((it, replace) => it.open(0, 'indexeddb', replace), replaceLost)
}

/** Appends requests after those that are there. */
async function append(page: Page, requests: number): Promise<void> {
  const first = await stored(page)
  const run = (await offerOf(page)).evaluate((it, at) => it.appendUntilError(at.first, at.most), {
    first,
    most: requests,
  })
  expect(await run).toEqual({ acknowledged: requests })
}

async function stored(page: Page): Promise<number> {
  const { rowsOfRequest, ...rest } = await (await offerOf(page)).evaluate((it) => it.stored())
  expect(rest).toMatchObject({ wrong: [], quarantined: [] })
  return rowsOfRequest.length
}

/** The newest log of the site's LevelDB ends as where the browser was killed while it wrote a record. */
async function tearLog(profile: string): Promise<void> {
  const [folder] = (await readdir(join(profile, FOLDER))).filter((name) => name.endsWith('.leveldb'))
  const path = join(profile, FOLDER, folder ?? '')
  const log = (await readdir(path)).filter((name) => name.endsWith('.log')).toSorted()
  await appendFile(join(path, log.at(-1) ?? ''), TORN_RECORD)
}

test('keeps what was acknowledged where a kill tears a record of the log of the browser itself', async () => {
  expect(await open(await browser.newPage())).not.toHaveProperty('kind')
  for (let life = 1; life <= 3; life++) {
    await browser.kill(tearLog)
    const page = await browser.newPage()
    expect(await open(page)).not.toHaveProperty('kind')
    expect(await stored(page)).toBe(20 * (life - 1))
    await append(page, 20)
  }
  await browser.kill()
  const last = await browser.newPage()
  expect(await open(last)).not.toHaveProperty('kind')
  expect(await stored(last)).toBe(60)
})

test('says that a database is lost, again and again, until it is to be replaced', async () => {
  const first = await browser.newPage()
  await open(first)
  await append(first, 20)
  for (let attempt = 0; attempt < 2; attempt++) {
    await browser.kill((profile) => rm(join(profile, FOLDER), { recursive: true, force: true }))
    expect(await open(await browser.newPage())).toMatchObject({ kind: 'corrupt' })
  }
  const page = await browser.newPage()
  expect(await open(page, true)).not.toHaveProperty('kind')
  expect(await stored(page)).toBe(0)
  await append(page, 5)
})
