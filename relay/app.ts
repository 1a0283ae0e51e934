import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { TidemarkError } from '../engine/core/errors.ts'
import type { Engine } from '../engine/engine.ts'
import type { RelayEnvironment } from './environment.ts'
import { dialectOf, errorResponse, RequestError } from './error-response.ts'
import { Gate } from './gate.ts'
import { DEFAULT_LIMITS, type RelayLimits } from './limits.ts'
import type { Log } from './log.ts'
import { isLoopback, sameOrigin } from './middleware/same-origin.ts'
import { securityHeaders } from './middleware/security-headers.ts'
import { requireToken, tokenToCookie } from './middleware/token.ts'
import { DUPLICATE_HEADER, PRODUCER_HEADER, SEQUENCE_HEADER } from './producer-headers.ts'
import { addAdminRoutes } from './routes/admin.ts'
import { addAppFiles } from './routes/app-files.ts'
import { addBackupRoute } from './routes/backup.ts'
import { addCatalogRoutes } from './routes/catalog.ts'
import { addDeleteRoute } from './routes/delete.ts'
import { addInfluxRoutes, influxHeaders } from './routes/influx.ts'
import { addLiveRoute } from './routes/live.ts'
import { addOpenapiRoute } from './routes/openapi.ts'
import { addQueryRoutes } from './routes/query.ts'
import { addRejectedRoute } from './routes/rejected.ts'
import { addWriteRoutes } from './routes/write.ts'
import { TIMEOUT_HEADER } from './timeout.ts'

export interface AppOptions {
  engine: Engine
  /** The name or address that the server is bound to. Default 127.0.0.1. */
  host?: string
  /** What every request for data must show. Needed where `host` is not a loopback address. */
  token?: string
  /** Origins of other sites whose pages may use the relay, as `https://example.org`. */
  allowedOrigins?: readonly string[]
  /** Folder of the built web app; absent: no app is served. */
  appFolder?: string
  limits?: Partial<RelayLimits>
  /** Gets the errors that are the relay's own fault. */
  log?: Log
}

/** Paths of data. The rest, the web app and `/ping` and `/health`, is the same for everybody. */
const DATA_PATHS = ['/api/*', '/write', '/query']

/** The relay as a Hono app: run it under any server; WebSockets need Node's. Throws where `host` asks for a token. */
export function createApp(options: AppOptions): OpenAPIHono<RelayEnvironment> {
  const { engine, host = '127.0.0.1', token, allowedOrigins = [], log } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const loopback = isLoopback(host)
  if (!loopback && token === undefined) {
    throw new TidemarkError('invalid', `a relay on ${host} can be reached by others and needs a token`)
  }
  const app = new OpenAPIHono<RelayEnvironment>()
  app.use(securityHeaders())
  app.onError((error, context) => {
    if (!(error instanceof TidemarkError))
      log?.warn(`${context.req.method} ${context.req.path}: ${error.stack ?? error}`)
    return errorResponse(error, dialectOf(context.req.path))
  })
  for (const guard of guards(options, { host, allowedOrigins, checkHost: loopback && token === undefined })) {
    for (const path of DATA_PATHS) app.use(path, guard)
  }
  for (const path of ['/api/v2/write', '/write']) app.use(path, influxIdentity)

  const { runningWrites: running, waitingWrites: waiting, writeBytes: weight } = limits
  addWriteRoutes(app, { engine, limits, gate: new Gate('writes', { running, waiting, weight }) })
  addInfluxRoutes(app, limits)
  addQueryRoutes(app, { engine, limits, log })
  addCatalogRoutes(app, engine)
  addAdminRoutes(app, engine, limits)
  addDeleteRoute(app, engine, limits)
  addBackupRoute(app, engine)
  addRejectedRoute(app, engine)
  addLiveRoute(app, engine, limits)
  addOpenapiRoute(app)
  if (token !== undefined) app.get('*', tokenToCookie(token))
  addAppFiles(app, options.appFolder)
  app.notFound((context) =>
    errorResponse(
      new RequestError(404, 'invalid', `there is nothing at ${context.req.path}`),
      dialectOf(context.req.path),
    ),
  )
  return app
}

function guards(
  { token }: AppOptions,
  rules: { host: string; allowedOrigins: readonly string[]; checkHost: boolean },
): MiddlewareHandler<RelayEnvironment>[] {
  const shared = cors({
    origin: [...rules.allowedOrigins],
    allowMethods: ['GET', 'POST', 'HEAD'],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Content-Encoding',
      'Accept',
      PRODUCER_HEADER,
      SEQUENCE_HEADER,
      TIMEOUT_HEADER,
    ],
    exposeHeaders: ['Retry-After', DUPLICATE_HEADER],
    maxAge: 600,
  })
  // Programs send no origin. What is set before an answer is there has the server copy it as a stream.
  const ofPages: MiddlewareHandler<RelayEnvironment> = async (context, next) =>
    context.req.header('origin') === undefined ? next() : shared(context, next)
  return [sameOrigin(rules), ofPages, ...(token === undefined ? [] : [requireToken(token)])]
}

const influxIdentity: MiddlewareHandler<RelayEnvironment> = async (context, next) => {
  await next()
  for (const [name, value] of Object.entries(influxHeaders())) context.header(name, value)
}
