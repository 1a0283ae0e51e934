import type { Context, Env, MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/**
 * Headers by which a browser keeps the page to itself. Only styles may be inline: charts set them on their marks, and a
 * style cannot run code. Programs have no use for them.
 */
export function securityHeaders(): MiddlewareHandler {
  const ofBrowsers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      workerSrc: ["'self'"],
      connectSrc: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    // The relay speaks plain HTTP; a browser that were told to insist on TLS would lock its user out of the host's ports.
    strictTransportSecurity: false,
    xFrameOptions: 'DENY',
  })
  return async (context, next) => (isOfProgram(context) ? next() : ofBrowsers(context, next))
}

/** A POST without `Origin` is a program's: nothing is added to what answers it. */
export function isOfProgram<E extends Env>({ req }: Context<E>): boolean {
  return req.method === 'POST' && req.header('origin') === undefined
}
