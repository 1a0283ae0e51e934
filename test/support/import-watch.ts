import type { Page } from 'playwright-core'

declare global {
  var importWatch: { frames: number[]; blockedMs: number; begun: number } | undefined
}

/** What the page did while a file was imported. */
export interface ImportWatch {
  megabytes: number
  seconds: number
  /** Share of the time in which tasks of more than 50 ms kept the page from drawing. */
  blocked: number
  /** Milliseconds between frames: of half of them, of 99 in 100, and the longest. */
  frameMs: { p50: number; p99: number; longest: number }
  framesPerSecond: number
}

/** Imports a CSV file of so many megabytes through the app that a page shows, and watches its frames meanwhile. */
export async function watchImport(page: Page, megabytes: number): Promise<ImportWatch> {
  await page.evaluate((size) => {
    const rows = (from: number): string => {
      const lines: string[] = []
      for (let i = from; i < from + 10_000; i++) {
        lines.push(`${1_700_000_000_000 + i * 1000},h${i % 50},${(i % 997) / 8},${(i * 7) % 1013},${i % 89}.5`)
      }
      return `${lines.join('\n')}\n`
    }
    const parts: string[] = ['time,host,load,memory,heat\n']
    let bytes = 0
    for (let from = 0; bytes < size * 1e6; from += 10_000) bytes += parts[parts.push(rows(from)) - 1]?.length ?? 0
    const transfer = new DataTransfer()
    transfer.items.add(new File(parts, 'big.csv'))
    document.body.dispatchEvent(new DragEvent('dragover', { dataTransfer: transfer, bubbles: true, cancelable: true }))
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  }, megabytes)
  await page.getByRole('dialog').waitFor()
  await page.evaluate(() => {
    const watch = { frames: [] as number[], blockedMs: 0, begun: performance.now() }
    const frame = (time: number): void => {
      watch.frames.push(time)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watch.blockedMs += duration
    })
    observer.observe({ type: 'longtask' })
    globalThis.importWatch = watch
  })
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByRole('progressbar').waitFor()
  await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 600_000 })
  const { frames, blockedMs, ms } = await page.evaluate(() => {
    const { importWatch } = globalThis
    if (importWatch === undefined) throw new Error('nothing was watched')
    return { ...importWatch, ms: performance.now() - importWatch.begun }
  })
  const gaps = frames
    .slice(1)
    .map((time, i) => time - (frames[i] ?? 0))
    .sort((a, b) => a - b)
  const at = (share: number): number => gaps[Math.floor(share * (gaps.length - 1))] ?? 0
  return {
    megabytes,
    seconds: ms / 1000,
    blocked: blockedMs / ms,
    frameMs: { p50: at(0.5), p99: at(0.99), longest: at(1) },
    framesPerSecond: (1000 * frames.length) / ms,
  }
}
