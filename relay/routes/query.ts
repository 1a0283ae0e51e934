import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Literal } from '../../engine/core/expression.ts'
import type { Engine } from '../../engine/engine.ts'
import { AnswerSocket } from '../answer-socket.ts'
import { ANSWER_FORMATS, type AnswerFormat, readAnswer, streamOf } from '../answer-stream.ts'
import { answerSchema, errorSchema, scalarSchema } from '../api-schemas.ts'
import type { RelayEnvironment } from '../environment.ts'
import { RequestError } from '../error-response.ts'
import type { RelayLimits } from '../limits.ts'
import type { Log } from '../log.ts'
import { isOfProgram } from '../middleware/security-headers.ts'
import { describeIssues, parametersSchema } from '../query-parameters.ts'
import { readBody } from '../request-body.ts'
import { MAX_TIMEOUT, parseTimeout, TIMEOUT_HEADER } from '../timeout.ts'

export interface QueryRouteOptions {
  engine: Engine
  limits: RelayLimits
  log: Log | undefined
}

const bodySchema = z.object({
  query: z.string(),
  params: parametersSchema.optional(),
  readOnly: z.boolean().optional(),
  timeout: z.string().optional(),
})

const TIMEOUT_DOC = {
  description: `How long it may take to its first rows, waiting included, and from some rows to the next: a duration up to ${MAX_TIMEOUT}`,
  example: '30s',
}

const binary = z.string().openapi({ format: 'binary' })

const responses = {
  200: {
    description: 'The answer, streamed in the format that `Accept` asks for',
    content: {
      'application/json': { schema: answerSchema },
      'text/csv': { schema: z.string() },
      'application/vnd.apache.arrow.stream': { schema: binary },
    },
  },
  400: { description: 'The statement is wrong', content: { 'application/json': { schema: errorSchema } } },
  503: { description: 'Too many queries wait, or this one needs too much memory; try again after Retry-After' },
  504: { description: 'The query took too long, or was ended by KILL' },
}

const documentedBody = z.object({
  query: z.string(),
  params: z.record(z.string(), scalarSchema).optional(),
  readOnly: z.boolean().optional().openapi({ description: 'Refuses statements that change rows or end queries' }),
  timeout: z.string().optional().openapi(TIMEOUT_DOC),
})

const headers = z.object({ [TIMEOUT_HEADER]: z.string().optional().openapi(TIMEOUT_DOC) })

const postRoute = createRoute({
  method: 'post',
  path: '/api/query',
  summary: 'Run one TSQL statement',
  request: { headers, body: { content: { 'application/json': { schema: documentedBody } }, required: true } },
  responses,
})

const getRoute = createRoute({
  method: 'get',
  path: '/api/query',
  summary: 'Run one TSQL statement that reads',
  request: {
    headers,
    query: z.object({
      q: z.string(),
      params: z.string().optional().openapi({ description: 'Parameters as a JSON object' }),
      timeout: z.string().optional().openapi(TIMEOUT_DOC),
    }),
  },
  responses,
})

/** Adds queries by GET and POST. A client that goes away cancels its query. */
export function addQueryRoutes(app: OpenAPIHono<RelayEnvironment>, options: QueryRouteOptions): void {
  app.openAPIRegistry.registerPath(postRoute)
  app.openAPIRegistry.registerPath(getRoute)
  app.get('/api/query', (context) => run(context, statementOfAddress(context), options))
  app.post('/api/query', async (context) => run(context, await statementOfBody(context, options.limits), options))
}

interface Statement {
  query: string
  params?: Record<string, Literal> | undefined
  readOnly?: boolean | undefined
  timeout?: string | undefined
}

function statementOfAddress(context: Context<RelayEnvironment>): Statement {
  const query = context.req.query('q')
  if (query === undefined) throw new TidemarkError('invalid', 'the parameter q, a TSQL statement, is missing')
  const params = context.req.query('params')
  // A link or an image of a page must not change anything.
  return {
    query,
    readOnly: true,
    timeout: context.req.query('timeout'),
    ...(params !== undefined && { params: checked(parametersSchema, parseJson(params, 'params')) }),
  }
}

async function statementOfBody(context: Context<RelayEnvironment>, limits: RelayLimits): Promise<Statement> {
  const body = await readBody(context, limits.bodyBytes, limits.requestMs)
  return checked(bodySchema, parseJson(new TextDecoder().decode(body), 'the body'))
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TidemarkError('invalid', `${what} is not JSON`, { cause: error })
  }
}

function checked<T>(schema: z.ZodType<T>, content: unknown): T {
  const parsed = schema.safeParse(content)
  if (!parsed.success) throw new TidemarkError('invalid', describeIssues(parsed.error))
  return parsed.data
}

async function run(
  context: Context<RelayEnvironment>,
  { query, params, readOnly = false, timeout = context.req.header(TIMEOUT_HEADER) }: Statement,
  { engine, limits, log }: QueryRouteOptions,
): Promise<Response> {
  const format = negotiate(context)
  const timeoutMs = timeout === undefined ? limits.requestMs : parseTimeout(timeout)
  const { signal } = context.req.raw
  const client = clientOf(context)
  const asked = { signal, readOnly, timeoutMs, ...(client && { client }), ...(params && { params }) }
  const result = await engine.query(query, asked)
  const headers = { 'Content-Type': format.contentType, 'Cache-Control': 'no-store', Vary: 'Accept' }
  const outgoing = isOfProgram(context) ? context.env?.outgoing : undefined
  const socket = outgoing && new AnswerSocket(outgoing)
  const answer = await readAnswer(result, format, socket)
  if (answer instanceof Uint8Array) return new Response(answer, { headers })
  const fail = (error: unknown): boolean => breakOff(context, error, log)
  if (socket === undefined) return new Response(streamOf(answer, fail), { headers })
  try {
    await socket.send(answer, headers)
  } catch (error) {
    if (!socket.isGone) fail(error)
  }
  return ALREADY_SENT
}

/** Where the server's own class has made it, it shows its headers once it was asked for more than its status. */
const ALREADY_SENT: Response = RESPONSE_ALREADY_SENT
void ALREADY_SENT.body

/** The address that asks. */
function clientOf(context: Context<RelayEnvironment>): string | undefined {
  return context.env?.incoming?.socket.remoteAddress
}

/**
 * Ends the connection in the middle of an answer, where there is one: nothing else tells the client that what it has is
 * not all.
 */
function breakOff(context: Context<RelayEnvironment>, error: unknown, log: Log | undefined): boolean {
  log?.warn(`an answer broke off: ${error instanceof Error ? error.message : error}`)
  const outgoing = context.env?.outgoing
  outgoing?.destroy()
  return outgoing !== undefined
}

/** The format that the client likes best of those that there are; JSON for browsers and for who does not say. */
function negotiate(context: Context<RelayEnvironment>): AnswerFormat {
  const only = ANSWER_FORMATS.get(context.req.header('accept') ?? '')
  if (only) return only
  const wanted = accepts(context, {
    header: 'Accept',
    supports: [...ANSWER_FORMATS.keys()],
    default: 'application/json',
    match: (ranges) => {
      const liked = ranges.filter(({ q }) => q > 0).toSorted((a, b) => b.q - a.q)
      for (const { type } of liked) {
        const format = ANSWER_FORMATS.has(type) ? type : WILDCARDS.get(type)
        if (format !== undefined) return format
      }
      return ''
    },
  })
  const format = ANSWER_FORMATS.get(wanted)
  if (format) return format
  throw new RequestError(406, 'invalid', `answers come as ${[...ANSWER_FORMATS.keys()].join(', ')}`)
}

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['text/html', 'application/json'],
  ['text/*', 'text/csv'],
])
