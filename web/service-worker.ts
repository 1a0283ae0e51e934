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
  skipWaiting(): Promise<void>
  readonly clients: { claim(): Promise<void> }
  addEventListener(type: 'install' | 'activate', listener: (event: LifetimeEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: RequestEvent) => void): void
}

const CACHE_PREFIX = 'tidemark-app-'

/** Answers from the copy of the app that was stored when this version was installed; never touches the relay's `/api`. */
function serveApp(scope: WorkerScope, version: string, files: readonly string[]): void {
  const cacheName = CACHE_PREFIX + version
  const urlOf = (file: string): string => new URL(file, scope.registration.scope).href
  const pageUrl = urlOf('index.html')

  const install = async (): Promise<void> => {
    const cache = await caches.open(cacheName)
    await cache.addAll(files.map((file) => new Request(urlOf(file), { cache: 'reload' })))
    await scope.skipWaiting()
  }
  const activate = async (): Promise<void> => {
    const names = await caches.keys()
    const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== cacheName)
    await Promise.all(old.map((name) => caches.delete(name)))
    await scope.clients.claim()
  }
  const respond = async (request: Request): Promise<Response> => {
    const cached = await caches.match(request.mode === 'navigate' ? pageUrl : request, { ignoreSearch: true })
    return cached ?? fetch(request)
  }

  const precached = new Set(files.map(urlOf))
  scope.addEventListener('install', (event) => event.waitUntil(install()))
  scope.addEventListener('activate', (event) => event.waitUntil(activate()))
  scope.addEventListener('fetch', (event) => {
    const { request } = event
    const url = new URL(request.url)
    const isPage = request.mode === 'navigate' && url.href.split(/[?#]/)[0] === scope.registration.scope
    if (request.method !== 'GET' || url.origin !== scope.location.origin) return
    if (isPage || precached.has(url.origin + url.pathname)) event.respondWith(respond(request))
  })
}

// A cast at the platform's edge: `self` is typed as a window here.
serveApp(self as object as WorkerScope, __PRECACHE_VERSION__, __PRECACHE_FILES__)
