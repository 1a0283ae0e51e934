import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { RelayEnvironment } from '../environment.ts'

/** Where the built web app lies: beside the relay in the package, in `dist` when the relay runs from its sources. */
export function appFolder(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [join(here, '..', '..', 'app'), join(here, '..', '..', 'dist', 'app')]
  return places.find((folder) => existsSync(join(folder, 'index.html')))
}

const YEAR_SECONDS = 31_536_000

const ABSENT_PAGE =
  '<!doctype html><meta charset="utf-8"><title>Tidemark</title><p>This relay runs without its web app. Queries go to /api/query.</p>'

/** Adds the files of the web app. Pages of the app that are not files are its `index.html`. */
export function addAppFiles(app: OpenAPIHono<RelayEnvironment>, folder: string | undefined): void {
  if (folder === undefined) {
    app.get('/', (context) => context.html(ABSENT_PAGE))
    return
  }
  const file = serveStatic<RelayEnvironment>({ root: folder, precompressed: true })
  const index = serveStatic<RelayEnvironment>({ root: folder, path: 'index.html', precompressed: true })
  app.get('*', async (context, next) => {
    const { path } = context.req
    const found = await file(context, async () => undefined)
    // Names under assets/ carry a hash of what is in the file.
    if (found)
      return cached(found, path.startsWith('/assets/') ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache')
    if (!isPage(path, context.req.header('accept'))) return next()
    const page = await index(context, next)
    return page && cached(page, 'no-cache')
  })
}

function cached(response: Response, policy: string): Response {
  response.headers.set('Cache-Control', policy)
  return response
}

/** A place in the app, as the browser's address bar asks for it: not data, not a file that is missing. */
function isPage(path: string, accept: string | undefined): boolean {
  const last = path.slice(path.lastIndexOf('/') + 1)
  return !path.startsWith('/api/') && !last.includes('.') && (accept ?? '').includes('text/html')
}
