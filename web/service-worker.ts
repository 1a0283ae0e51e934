declare const __PRECACHE_VERSION__: string
declare const __PRECACHE_FILES__: string[]

// TypeScript's DOM and WebWorker libraries exclude each other; this is the part of a service worker that is used here.
interface LifetimeEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface RequestEvent extends LifetimeEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
interface WorkerScope {
  readonly location: Location
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  addEventListener(type: 'install' | 'activate', listener: (event: LifetimeEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: RequestEvent) => void): void
}

const CACHE_PREFIX = 'tidemark-app-'
const PAGE_WAIT_MS = 4000

/** Keeps a copy of this version of the app for when there is no network; never touches the relay's `/api`. */
function serveApp(scope: WorkerScope, version: string, files: readonly string[]): void {
  const cacheName = CACHE_PREFIX + version
  const urlOf = (file: string): string => new URL(file, scope.registration.scope).href
  const pageUrl = urlOf('index.html')

  const install = async (): Promise<void> => {
    const cache = await caches.open(cacheName)
    await cache.addAll(files.map((file) => new Request(urlOf(file), { cache: 'reload' })))
  }
  const activate = async (): Promise<void> => {
    const names = await caches.keys()
    const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== cacheName)
    await Promise.all(old.map((name) => caches.delete(name)))
    await scope.clients.claim()
  }
  /** The page comes from the network where there is one, so that a new version shows at once. */
  const respondPage = async (request: Request): Promise<Response> => {
    try {
      return await fetch(request, { signal: AbortSignal.timeout(PAGE_WAIT_MS) })
    } catch (error) {
      const cached = await caches.match(pageUrl)
      if (cached === undefined) throw error
      return cached
    }
  }
  /** Names of assets carry their content's hash: a copy never goes stale. */
  const respondAsset = async (request: Request): Promise<Response> =>
    (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? fetch(request)

  const precached = new Set(files.map(urlOf))
  scope.addEventListener('install', (event) => event.waitUntil(install()))
  scope.addEventListener('activate', (event) => event.waitUntil(activate()))
  scope.addEventListener('fetch', (event) => {
    const { request } = event
    const url = new URL(request.url)
    const isPage = request.mode === 'navigate' && url.href.split(/[?#]/)[0] === scope.registration.scope
    if (request.method !== 'GET' || url.origin !== scope.location.origin) return
    if (isPage) event.respondWith(respondPage(request))
    else if (precached.has(url.origin + url.pathname)) event.respondWith(respondAsset(request))
  })
}

// A cast at the platform's edge: `self` is typed as a window here.
serveApp(self as object as WorkerScope, __PRECACHE_VERSION__, __PRECACHE_FILES__)
