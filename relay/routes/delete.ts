import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { DeleteOptions, Engine, Matcher } from '../../engine/engine.ts'
import { parseTimestamp } from '../../engine/engine.ts'
import type { RelayEnvironment } from '../environment.ts'
import type { RelayLimits } from '../limits.ts'
import { describeIssues } from '../query-parameters.ts'
import { readBody } from '../request-body.ts'

/** Bytes of one request. */
const MAX_BODY_BYTES = 1 << 20

export const matcherSchema: z.ZodType<Matcher> = z.union([
  z.object({ tag: z.string(), op: z.enum(['=', '!=', '=~', '!~']), value: z.string() }).strict(),
  z.object({ tag: z.string(), op: z.enum(['in', 'not in']), values: z.array(z.string()) }).strict(),
])

const deleteSchema = z
  .object({
    table: z.string(),
    matchers: z.array(matcherSchema).optional(),
    start: z
      .string()
      .optional()
      .openapi({ description: 'first time, RFC 3339 or nanoseconds since 1970; default: all' }),
    end: z.string().optional().openapi({ description: 'time after the last, RFC 3339 or nanoseconds; default: all' }),
  })
  .strict()

const route = createRoute({
  method: 'post',
  path: '/api/delete',
  summary: 'Delete rows that are there, by range of time and tags',
  request: { body: { content: { 'application/json': { schema: deleteSchema } }, required: true } },
  responses: {
    204: { description: 'The delete is durable and in effect' },
    400: { description: 'The delete cannot be' },
    503: { description: 'Too many deletes wait for a compaction' },
  },
})

/** Adds the route of deletes. */
export function addDeleteRoute(app: OpenAPIHono<RelayEnvironment>, engine: Engine, { requestMs }: RelayLimits): void {
  app.openAPIRegistry.registerPath(route)
  app.post(route.path, async (context) => {
    const body = await readBody(context, MAX_BODY_BYTES, requestMs)
    await engine.delete(deleteOptions(body))
    return new Response(null, { status: 204 })
  })
}

function deleteOptions(body: Uint8Array): DeleteOptions {
  const { table, matchers = [], start, end } = parseBody(body)
  return {
    table,
    matchers,
    ...(start !== undefined && { start: timeOf(start, 'start') }),
    ...(end !== undefined && { end: timeOf(end, 'end') }),
  }
}

function parseBody(body: Uint8Array): z.infer<typeof deleteSchema> {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new TidemarkError('invalid', 'the body is not JSON', { cause })
  }
  const parsed = deleteSchema.safeParse(content)
  if (!parsed.success) throw new TidemarkError('invalid', describeIssues(parsed.error))
  return parsed.data
}

/** A time as RFC 3339 or as nanoseconds since 1970. Throws `invalid` where the text is neither. */
export function timeOf(text: string, name: string): bigint {
  const time = /^-?\d{1,19}$/.test(text) ? BigInt(text) : parseTimestamp(text)
  if (time !== undefined) return time
  throw new TidemarkError(
    'invalid',
    `${name} is '${text.slice(0, 60)}', expected a time as 2026-01-31T12:00:00Z or nanoseconds since 1970`,
  )
}
