/** Where in the app we are: `#/` or `#/explore?q=...`. Hash routes need nothing of the server, in any folder. */
export type Route = { page: 'dashboard' } | { page: 'explore'; query: string | undefined }

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?')
  if (path !== '/explore') return { page: 'dashboard' }
  return { page: 'explore', query: new URLSearchParams(search).get('q') ?? undefined }
}

export function printRoute(route: Route): string {
  if (route.page === 'dashboard') return '#/'
  return route.query === undefined ? '#/explore' : `#/explore?${new URLSearchParams({ q: route.query })}`
}
