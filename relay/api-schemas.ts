import { z } from '@hono/zod-openapi'

/** Header of a write's answer: how many rows are durable now. */
export const WRITTEN_ROWS_HEADER = 'Tidemark-Rows'

export const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** An answer in JSON. */
export const answerSchema = z
  .object({
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.enum(['time', 'f64', 'i64', 'bool', 'string']),
        unit: z.string().optional(),
      }),
    ),
    rows: z.array(z.array(scalarSchema)),
    stats: z.record(z.string(), z.number()),
  })
  .openapi('Answer')

/** An error of the routes under `/api`. */
export const errorSchema = z
  .object({
    error: z.object({
      kind: z.enum(['invalid', 'corrupt', 'truncated', 'io', 'query', 'quota', 'locked', 'closed', 'cancelled', 'auth']),
      message: z.string(),
      position: z.object({ offset: z.number().int(), length: z.number().int() }).optional(),
      expected: z.array(z.string()).optional(),
      hint: z.string().optional(),
    }),
  })
  .openapi('Error')

/** A write of which some rows were rejected: the error of InfluxDB 2 and, beside it, all that the engine says. */
export const rejectionSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    line: z.number().int().optional(),
    rows: z.number().int(),
    rejectedCount: z.number().int(),
    rejected: z.array(
      z.object({ line: z.number().int(), column: z.number().int(), reason: z.string(), text: z.string() }),
    ),
  })
  .openapi('Rejection')

export const catalogSchema = z
  .object({
    tables: z.array(
      z.object({
        name: z.string(),
        tags: z.array(z.string()),
        fields: z.array(
          z.object({
            name: z.string(),
            type: z.enum(['f64', 'i64', 'bool', 'string']),
            unit: z.string().optional(),
          }),
        ),
      }),
    ),
  })
  .openapi('Catalog')

export const statisticsSchema = z
  .object({
    series: z.number().int(),
    segments: z.number().int(),
    segmentBytes: z.number().int(),
    logBytes: z.number().int(),
    headBytes: z.number().int(),
    quarantined: z.array(z.object({ name: z.string(), reason: z.string() })),
  })
  .openapi('Statistics')
