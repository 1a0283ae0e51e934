import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { RelayEnvironment } from '../environment.ts'
import { RequestError } from '../error-response.ts'

/** The cookie that a browser gets when it opens the page with `?token=`. */
export const TOKEN_COOKIE = 'tidemark_token'

type RelayContext = Context<RelayEnvironment>

/**
 * Lets in who shows the token: in `Authorization` as `Token`, `Bearer` or the password of `Basic`, as parameter `p` of
 * InfluxDB 1 clients, or in the cookie.
 */
export function requireToken(token: string): MiddlewareHandler<RelayEnvironment> {
  const isToken = comparison(token)
  return async (context, next) => {
    const given = shownTokens(context)
    if (!given.some(isToken)) {
      const message = given.length === 0 ? 'a token is needed' : 'the token is not right'
      throw new RequestError(401, 'auth', message, { 'WWW-Authenticate': 'Bearer realm="tidemark"' })
    }
    await next()
  }
}

/** Turns `?token=` of a page into a cookie, so that the token does not stay in the address and the history. */
export function tokenToCookie(token: string): MiddlewareHandler<RelayEnvironment> {
  const isToken = comparison(token)
  return async (context, next) => {
    const given = context.req.query('token')
    if (given === undefined || !isToken(given)) return next()
    const url = new URL(context.req.url)
    url.searchParams.delete('token')
    const secure = url.protocol === 'https:' || context.req.header('x-forwarded-proto') === 'https'
    setCookie(context, TOKEN_COOKIE, given, { httpOnly: true, sameSite: 'Strict', path: '/', secure })
    // A path that begins with two slashes would lead to another site.
    return context.redirect(`${url.pathname.replace(/^\/+/, '/')}${url.search}`, 303)
  }
}

/** Compares hashes, which have one length, in constant time. */
function comparison(token: string): (given: string) => boolean {
  const wanted = sha256(token)
  return (given) => timingSafeEqual(sha256(given), wanted)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function shownTokens(context: RelayContext): string[] {
  const header = context.req.header('authorization')
  const shown = [
    header === undefined ? undefined : tokenOfHeader(header),
    context.req.query('p'),
    getCookie(context, TOKEN_COOKIE),
  ]
  return shown.filter((token) => token !== undefined)
}

function tokenOfHeader(header: string): string | undefined {
  const [, scheme, credentials] = /^(\w+)\s+(.+)$/.exec(header.trim()) ?? []
  if (scheme === undefined || credentials === undefined) return undefined
  if (/^(token|bearer)$/i.test(scheme)) return credentials
  if (!/^basic$/i.test(scheme)) return undefined
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}
