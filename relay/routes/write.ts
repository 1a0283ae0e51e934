import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { AppendResult, Engine, Precision } from '../../engine/engine.ts'
import { type Rejection, rejectionSchema, WRITTEN_ROWS_HEADER } from '../api-schemas.ts'
import type { RelayEnvironment } from '../environment.ts'
import { type Dialect, dialectOf } from '../error-response.ts'
import type { Gate } from '../gate.ts'
import type { RelayLimits } from '../limits.ts'
import { DUPLICATE_HEADER, producerHeaders, producerOptions } from '../producer-headers.ts'
import { mostBytes, readBody } from '../request-body.ts'

export interface WriteOptions {
  engine: Engine
  gate: Gate
  limits: RelayLimits
}

const lines = {
  description: 'Line protocol, as it is or compressed with gzip',
  content: { 'text/plain': { schema: z.string().openapi({ example: 'cpu,host=a usage=12.5 1767225600000000000' }) } },
  required: true,
}

const routeV2 = createRoute({
  method: 'post',
  path: '/api/v2/write',
  summary: 'Store rows, as clients of InfluxDB 2 send them',
  request: {
    headers: producerHeaders,
    query: z.object({
      org: z.string().optional(),
      bucket: z.string().optional(),
      precision: z.enum(['ns', 'us', 'ms', 's']).optional(),
    }),
    body: lines,
  },
  responses: {
    204: { description: 'Every row is durable' },
    400: {
      description: 'Some rows were rejected; the others are durable',
      content: { 'application/json': { schema: rejectionSchema } },
    },
    413: { description: 'The body is over the limit' },
    503: { description: 'Too many writes at once; try again after Retry-After' },
  },
})

const routeV1 = createRoute({
  method: 'post',
  path: '/write',
  summary: 'Store rows, as clients of InfluxDB 1 send them',
  request: {
    headers: producerHeaders,
    query: z.object({
      db: z.string().optional(),
      precision: z.enum(['n', 'ns', 'u', 'us', 'ms', 's', 'm', 'h']).optional(),
    }),
    body: lines,
  },
  responses: {
    204: { description: 'Every row is durable' },
    400: {
      description: 'Some rows were rejected; the others are durable',
      content: { 'application/json': { schema: z.object({ error: z.string() }) } },
    },
    413: { description: 'The body is over the limit' },
    503: { description: 'Too many writes at once; try again after Retry-After' },
  },
})

/** Adds the write routes of both generations of Influx clients. Database, organisation and bucket are accepted and ignored. */
export function addWriteRoutes(app: OpenAPIHono<RelayEnvironment>, options: WriteOptions): void {
  for (const route of [routeV2, routeV1]) {
    app.openAPIRegistry.registerPath(route)
    app.post(route.path, (context) => write(context, options))
  }
}

async function write(context: Context<RelayEnvironment>, { engine, gate, limits }: WriteOptions): Promise<Response> {
  const dialect = dialectOf(context.req.path)
  const precision = precisionOf(context.req.query('precision'), dialect)
  const options = producerOptions(context)
  const leave = await gate.enter(AbortSignal.timeout(limits.requestMs), mostBytes(context, limits.bodyBytes))
  try {
    const body = await readBody(context, limits.bodyBytes, limits.requestMs)
    const result = await engine.append({ kind: 'line-protocol', body, precision }, options)
    if (result.rejectedCount > 0) return rejection(result, dialect)
    const headers = {
      [WRITTEN_ROWS_HEADER]: String(result.rows),
      ...(result.duplicate && { [DUPLICATE_HEADER]: 'true' }),
    }
    return new Response(null, { status: 204, headers })
  } finally {
    leave()
  }
}

const PRECISIONS: Readonly<Record<'influx1' | 'influx2', ReadonlyMap<string, Precision>>> = {
  influx2: new Map([
    ['ns', 'ns'],
    ['us', 'us'],
    ['ms', 'ms'],
    ['s', 's'],
  ]),
  influx1: new Map([
    ['n', 'ns'],
    ['ns', 'ns'],
    ['u', 'us'],
    ['us', 'us'],
    ['ms', 'ms'],
    ['s', 's'],
    ['m', 'm'],
    ['h', 'h'],
  ]),
}

function precisionOf(text: string | undefined, dialect: Dialect): Precision {
  if (text === undefined || text === '') return 'ns'
  const precisions = PRECISIONS[dialect === 'influx1' ? 'influx1' : 'influx2']
  const precision = precisions.get(text)
  if (precision !== undefined) return precision
  throw new TidemarkError('invalid', `the precision '${text}' is not known; ${[...precisions.keys()].join(', ')} are`)
}

function rejection({ rows, rejectedCount, rejected }: AppendResult, dialect: Dialect): Response {
  const [first] = rejected
  const place = first ? `line ${first.line}, column ${first.column}: ${first.reason}` : 'rows were rejected'
  if (dialect === 'influx1') {
    return Response.json({ error: `partial write: ${place} dropped=${rejectedCount}` }, { status: 400 })
  }
  const counts = `${rejectedCount} ${rejectedCount === 1 ? 'line' : 'lines'} rejected, ${rows} ${rows === 1 ? 'row' : 'rows'} written`
  const body: Rejection = {
    code: 'invalid',
    message: `${place} (${counts})`,
    ...(first && { line: first.line }),
    rows,
    rejectedCount,
    rejected,
  }
  return Response.json(body, { status: 400 })
}
