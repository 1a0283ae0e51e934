import type { MiddlewareHandler } from 'hono'
import type { RelayEnvironment } from '../environment.ts'
import { RequestError } from '../error-response.ts'

/** Who may talk to the relay from a browser. */
export interface OriginRules {
  /** The name or address that the relay is bound to, which requests may name as their host. */
  host: string
  /** Origins of other sites that may use the relay, as `https://example.org`. */
  allowedOrigins: readonly string[]
  /** On loopback the host is checked, against DNS rebinding; elsewhere a token does what this check would. */
  checkHost: boolean
}

/**
 * Refuses requests that a page of another site sends through a browser on this machine: by `Host` (a name of theirs that
 * was made to point here), by `Origin` and by `Sec-Fetch-Site`. Programs send neither of the last two and pass.
 */
export function sameOrigin(rules: OriginRules): MiddlewareHandler<RelayEnvironment> {
  const allowed = new Set(rules.allowedOrigins)
  const hosts = new Set([rules.host.toLowerCase(), ...rules.allowedOrigins.map((origin) => new URL(origin).hostname)])
  // Of one client every request names the same.
  let lastHost: string | undefined
  return async (context, next) => {
    const host = context.req.header('host') ?? new URL(context.req.url).host
    const origin = context.req.header('origin')
    if (rules.checkHost && host !== lastHost) checkHost(host, hosts)
    lastHost = host
    if (origin === undefined || !allowed.has(origin)) {
      if (origin !== undefined) checkOrigin(origin, host)
      checkFetchSite(context.req.header('sec-fetch-site'))
    }
    await next()
  }
}

function checkHost(host: string, hosts: ReadonlySet<string>): void {
  const name = hostName(host)
  if (name !== undefined && (isLoopback(name) || hosts.has(name))) return
  throw new RequestError(
    403,
    'auth',
    `the host '${host}' is not a name of this relay; open it as localhost or 127.0.0.1`,
  )
}

function checkOrigin(origin: string, host: string): void {
  if (isSameHost(origin, host)) return
  throw new RequestError(403, 'auth', `pages of ${origin} may not use this relay; allow them with --allow-origin`)
}

/** `same-site` is refused too: every port of localhost is one site, whoever serves it. */
function checkFetchSite(site: string | undefined): void {
  if (site === undefined || site === 'same-origin' || site === 'none') return
  throw new RequestError(403, 'auth', 'pages of other sites may not use this relay; allow them with --allow-origin')
}

function isSameHost(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  const own = `${url.protocol}//${host}`
  return (url.protocol === 'http:' || url.protocol === 'https:') && URL.canParse(own) && new URL(own).host === url.host
}

/** The name in a `Host` header, without port and the brackets of an IPv6 address. */
function hostName(host: string): string | undefined {
  const url = `http://${host}`
  if (!URL.canParse(url)) return undefined
  const parsed = new URL(url)
  if (parsed.username !== '' || parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '') return undefined
  return parsed.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Names that browsers resolve to loopback themselves (RFC 6761 §6.3), and loopback addresses. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
}
