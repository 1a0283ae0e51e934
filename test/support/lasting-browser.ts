import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type JSHandle, type Page } from 'playwright-core'
import { build } from 'vite'
import { CHROMIUM_FLAGS, type StaticSite, serveFolder } from './app-site.ts'
import type { CrashPage } from './crash-page.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles `crash-page.ts` into an otherwise empty page and serves it. */
export async function serveCrashPage(): Promise<StaticSite> {
  const outDir = await mkdtemp(join(tmpdir(), 'tidemark-page-'))
  await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'esnext',
      rolldownOptions: {
        input: join(ROOT, 'test/support/crash-page.ts'),
        output: { entryFileNames: 'page.js' },
      },
    },
  })
  await writeFile(
    join(outDir, 'index.html'),
    '<!doctype html><title>page</title><script type="module" src="./page.js"></script>',
  )
  const site = await serveFolder(outDir)
  const close = async (): Promise<void> => {
    await site.close()
    await rm(outDir, { recursive: true, force: true })
  }
  return { url: site.url, close }
}

export interface PageReports {
  acknowledged(request: number): void
  failed(message: string): void
}

/** How a page comes to its end. */
export const PAGE_ENDS = ['crash', 'kill', 'close', 'reload'] as const
export type PageEnd = (typeof PAGE_ENDS)[number]

/** A browser with its profile on disk: it is closed, killed and started again, and finds what it had. */
export class LastingBrowser {
  readonly #url: string
  readonly #profile: string
  readonly #reports: PageReports
  #context: BrowserContext

  private constructor(options: { url: string; profile: string; reports: PageReports; context: BrowserContext }) {
    this.#url = options.url
    this.#profile = options.profile
    this.#reports = options.reports
    this.#context = options.context
  }

  static async start(url: string, reports: PageReports): Promise<LastingBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'tidemark-profile-'))
    return new LastingBrowser({ url, profile, reports, context: await launch(profile, reports) })
  }

  /** A new tab with the page loaded. */
  async newPage(): Promise<Page> {
    const page = await this.#context.newPage()
    page.on('pageerror', (error) => this.#reports.failed(error.message))
    await page.goto(this.#url)
    await ready(page)
    return page
  }

  /** Ends a page, at once, and gives the one that comes after it. */
  async end(page: Page, how: PageEnd): Promise<Page> {
    if (how === 'reload') {
      await page.reload()
      await ready(page)
      return page
    }
    if (how === 'kill') await this.kill()
    else if (how === 'crash') await this.crash(page)
    else await page.close()
    return this.newPage()
  }

  /** Has the renderer, with the page and its workers, crash. */
  async crash(page: Page): Promise<void> {
    const crashed = new Promise<void>((resolve) => page.once('crash', () => resolve()))
    const session = await page.context().newCDPSession(page)
    // It is never answered.
    session.send('Page.crash').catch(() => undefined)
    await crashed
    await page.close()
  }

  /** Kills every process of the browser with SIGKILL and starts it again; in between its profile may be changed. */
  async kill(change?: (profile: string) => Promise<void>): Promise<void> {
    const browser = this.#context.browser()
    if (browser === null) throw new Error('the context has no browser')
    const session = await browser.newBrowserCDPSession()
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    const closed = new Promise<void>((resolve) => this.#context.once('close', () => resolve()))
    for (const { id } of processInfo) killProcess(id)
    await closed
    await change?.(this.#profile)
    this.#context = await launch(this.#profile, this.#reports)
  }

  async close(): Promise<void> {
    await this.#context.close()
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

async function launch(profile: string, reports: PageReports): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...CHROMIUM_FLAGS],
    headless: true,
  })
  await context.exposeBinding('reportAcknowledged', (_source, request: number) => reports.acknowledged(request))
  await context.exposeBinding('reportFailure', (_source, message: string) => reports.failed(message))
  return context
}

async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => globalThis.crashPage !== undefined)
}

/** What a page offers, to be called there: `(await offerOf(page)).evaluate((offer) => offer.flush())`. */
export function offerOf(page: Page): Promise<JSHandle<CrashPage>> {
  return page.evaluateHandle(() => {
    if (globalThis.crashPage === undefined) throw new Error('the page is not loaded')
    return globalThis.crashPage
  })
}

/** A process may be gone with the one that was killed before it. */
function killProcess(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
