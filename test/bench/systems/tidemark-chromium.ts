import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { missingChromium, openPageSystem } from './page-system.ts'
import type { SystemDescription } from './system.ts'
import { CORE_PATH } from './tidemark.ts'

const PAGE = join(import.meta.dirname, '..', 'pages', 'tidemark-page.ts')

/** Tidemark in a worker of a page. */
export const tidemarkChromium: SystemDescription = {
  label: 'Tidemark in Chromium',
  own: true,
  missing: () => (existsSync(CORE_PATH) ? missingChromium() : 'node scripts/run.mjs core'),
  open: (context) => {
    const batches = context.lineBatches().values()
    return openPageSystem(context, {
      entry: PAGE,
      how: 'line protocol, 4 appends in flight, each durable in files of the browser',
      routes: { answer: (path) => (path.startsWith('/batch/') ? batches.next().value : undefined), folders: {} },
    })
  },
}
