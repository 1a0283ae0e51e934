import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { childWithArgument } from './process-usage.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
}

/** What the page's server gives: a body by its path, nothing where there is none any more, or the files of a folder. */
export interface PageRoutes {
  answer(path: string): string | Uint8Array | undefined
  folders: Readonly<Record<string, string>>
  /** Whether the page's module has run; evaluated in the page. */
  isReady?: () => boolean
}

export function chromiumPath(): string | undefined {
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  return places.find((place) => place !== undefined && existsSync(place))
}

async function bundle(entry: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, '..', '..'),
    build: {
      outDir,
      target: 'esnext',
      rolldownOptions: { input: entry, output: { entryFileNames: 'page.js' } },
    },
    worker: { format: 'es' },
  })
}

function sendFile(response: ServerResponse, folder: string, path: string): boolean {
  const file = normalize(join(folder, path))
  if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) return false
  response.setHeader('content-type', CONTENT_TYPES[extname(file)] ?? 'application/octet-stream')
  createReadStream(file).pipe(response)
  return true
}

/** An isolated page, since only there the browser's clock is exact to 5 µs. */
function serve(routes: PageRoutes, outDir: string): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.setHeader('cache-control', 'no-store')
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end('<!doctype html><title>bench</title><script type="module" src="/page.js"></script>')
      return
    }
    for (const [prefix, folder] of Object.entries({ ...routes.folders, '/': outDir })) {
      if (pathname.startsWith(prefix) && sendFile(response, folder, pathname.slice(prefix.length))) return
    }
    const body = routes.answer(pathname)
    if (body === undefined) response.writeHead(204)
    response.end(body)
  })
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the port of a listening socket is not known')
  return address.port
}

export interface ChromiumPage {
  page: Page
  /** The browser's process, mother of its others, where the platform tells. */
  pid: number | undefined
  version: string
  close(): Promise<void>
}

/** Opens a page of a module of ours in a Chromium of its own, whose profile is in `folder`. */
export async function openPage(entry: string, routes: PageRoutes, folder: string): Promise<ChromiumPage> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('there is no Chromium')
  const outDir = join(folder, 'page')
  await bundle(entry, outDir)
  const server = serve(routes, outDir)
  const port = await listen(server)
  const profile = join(folder, 'profile')
  let context: BrowserContext | undefined
  const close = async (): Promise<void> => {
    await context?.close()
    server.closeAllConnections()
    server.close()
  }
  try {
    context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, headless: true })
    const pid = childWithArgument(profile)
    const page = context.pages()[0] ?? (await context.newPage())
    page.on('pageerror', (error) => console.error(`page: ${error.message}`))
    await page.goto(`http://127.0.0.1:${port}/`)
    await page.waitForFunction(routes.isReady ?? (() => globalThis.benchPage !== undefined))
    return { page, pid, version: context.browser()?.version() ?? 'of unknown version', close }
  } catch (error) {
    await close()
    throw error
  }
}
