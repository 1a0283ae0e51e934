import { type ChromiumPage, chromiumPath, openPage, type PageRoutes } from '../chromium.ts'
import type { BenchPage } from '../pages/bench-page.ts'
import { cpuSecondsOfTree } from '../process-usage.ts'
import type { Answer, TsbsQuery } from '../tsbs-queries.ts'
import { type BenchContext, type BenchSystem, type LoadReport, measureLoad } from './system.ts'

declare const benchPage: BenchPage

/** A system that runs in a page of Chromium; times are taken in the page. */
class PageSystem implements BenchSystem {
  readonly version: string
  readonly #context: BenchContext
  readonly #chromium: ChromiumPage
  readonly #how: string

  constructor(about: { version: string; how: string }, context: BenchContext, browser: ChromiumPage) {
    this.version = `${about.version}, Chromium ${browser.version}`
    this.#how = about.how
    this.#context = context
    this.#chromium = browser
  }

  async load(): Promise<readonly LoadReport[]> {
    const about = { how: this.#how, values: this.#context.data.values, cpuSeconds: () => this.cpuSeconds() }
    let wallMs = NaN
    const report = await measureLoad(about, async () => {
      wallMs = await this.#chromium.page.evaluate(() => benchPage.load())
    })
    return [{ ...report, wallMs }]
  }

  countRows(): Promise<number> {
    return this.#chromium.page.evaluate(() => benchPage.countRows())
  }

  async storedBytes(): Promise<number | undefined> {
    return (await this.#chromium.page.evaluate(() => benchPage.storedBytes())) ?? undefined
  }

  answer(query: TsbsQuery): Promise<Answer> {
    return this.#chromium.page.evaluate((asked) => benchPage.answer(asked), query)
  }

  time(queries: readonly TsbsQuery[], rounds: number): Promise<number[]> {
    return this.#chromium.page.evaluate(([asked, times]) => benchPage.time(asked, times), [queries, rounds] as const)
  }

  cpuSeconds(): number | undefined {
    return this.#chromium.pid === undefined ? undefined : cpuSecondsOfTree(this.#chromium.pid)
  }

  async close(): Promise<void> {
    try {
      await this.#chromium.page.evaluate(() => benchPage.close())
    } finally {
      await this.#chromium.close()
    }
  }
}

export function missingChromium(): string | undefined {
  return chromiumPath() === undefined ? 'apt-get install chromium, or name one in the variable CHROMIUM' : undefined
}

export async function openPageSystem(
  context: BenchContext,
  about: { entry: string; how: string; routes: PageRoutes },
): Promise<BenchSystem> {
  const browser = await openPage(about.entry, about.routes, context.folder)
  try {
    const version = await browser.page.evaluate(() => benchPage.open())
    return new PageSystem({ version, how: about.how }, context, browser)
  } catch (error) {
    await browser.close()
    throw error
  }
}
