import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type ErrorKind, TidemarkError, toPlainError } from '../engine/core/errors.ts'

/** Seconds after which a client that was turned away may come back. */
export const RETRY_AFTER_SECONDS = 1

const STATUS: Readonly<Record<ErrorKind, ContentfulStatusCode>> = {
  invalid: 400,
  query: 400,
  truncated: 400,
  auth: 403,
  cancelled: 504,
  corrupt: 500,
  io: 500,
  quota: 503,
  locked: 503,
  closed: 503,
}

/** A request that cannot be served for a reason of HTTP: its status is not what its kind of error has in general. */
export class RequestError extends TidemarkError {
  readonly status: ContentfulStatusCode
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: ContentfulStatusCode,
    kind: ErrorKind,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(kind, message)
    this.status = status
    this.headers = headers
  }
}

/** The routes differ in how they say what is wrong: ours, those of InfluxDB 2 and those of InfluxDB 1. */
export type Dialect = 'tidemark' | 'influx2' | 'influx1'

export function dialectOf(path: string): Dialect {
  if (path.startsWith('/api/v2/')) return 'influx2'
  return path === '/write' || path === '/query' ? 'influx1' : 'tidemark'
}

/** The answer to a request that failed, as clients of the route read it. A bug is not theirs to see: 500 without detail. */
export function errorResponse(error: unknown, dialect: Dialect): Response {
  const known = error instanceof TidemarkError ? error : new TidemarkError('io', 'the relay failed; its log says why')
  const status = statusOf(known)
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (status === 503 || status === 429) headers['Retry-After'] = String(RETRY_AFTER_SECONDS)
  if (known instanceof RequestError) Object.assign(headers, known.headers)
  return new Response(JSON.stringify(bodyOf(known, status, dialect)), { status, headers })
}

function statusOf(error: TidemarkError): ContentfulStatusCode {
  return error instanceof RequestError ? error.status : STATUS[error.kind]
}

function bodyOf(error: TidemarkError, status: number, dialect: Dialect): object {
  const message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`
  if (dialect === 'influx1') return { error: message }
  if (dialect === 'influx2') return { code: influxCode(status), message }
  return { error: toPlainError(error) }
}

/** Error codes of the InfluxDB 2 API, as its clients know them. */
function influxCode(status: number): string {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 413) return 'request too large'
  if (status === 429) return 'too many requests'
  if (status === 503) return 'unavailable'
  return status < 500 ? 'invalid' : 'internal error'
}
