import { z } from '@hono/zod-openapi'
import type { PlainError } from '../engine/core/errors.ts'
import type { Catalog } from '../engine/core/plan.ts'
import type { AppendResult, ResultColumn, StoreStatistics } from '../engine/engine.ts'
import type { JsonValue } from './json-rows.ts'

// Properties that may be absent are cast to be absent or there, never undefined: JSON has no undefined.

/** Header of a write's answer: how many rows are durable now. */
export const WRITTEN_ROWS_HEADER = 'Tidemark-Rows'

export const scalarSchema: z.ZodType<JsonValue> = z.union([z.string(), z.number(), z.boolean(), z.null()])

export const columnsSchema: z.ZodType<ResultColumn[]> = z.array(
  z.object({
    name: z.string(),
    type: z.enum(['time', 'f64', 'i64', 'bool', 'string']),
    unit: z.string().optional(),
  }),
) as z.ZodType<ResultColumn[]>

/** An answer in JSON. */
export const answerSchema: z.ZodType = z
  .object({
    columns: columnsSchema,
    rows: z.array(z.array(scalarSchema)),
    stats: z.record(z.string(), z.number()),
  })
  .openapi('Answer')

/** An error of the routes under `/api`. */
export const errorSchema: z.ZodType<{ error: PlainError }> = z
  .object({
    error: z.object({
      kind: z.enum([
        'invalid',
        'corrupt',
        'truncated',
        'io',
        'query',
        'quota',
        'locked',
        'closed',
        'cancelled',
        'auth',
      ]),
      message: z.string(),
      position: z.object({ offset: z.number().int(), length: z.number().int() }).optional(),
      expected: z.array(z.string()).optional(),
      hint: z.string().optional(),
    }),
  })
  .openapi('Error') as z.ZodType<{ error: PlainError }>

/** The body of a write of which rows were rejected: the error of InfluxDB 2 and, beside it, what the engine says. */
export type Rejection = { code: string; message: string; line?: number } & Pick<
  AppendResult,
  'rows' | 'rejectedCount' | 'rejected'
>

export const rejectionSchema: z.ZodType<Rejection> = z
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
  .openapi('Rejection') as z.ZodType<Rejection>

const fieldTypeSchema = z.enum(['f64', 'i64', 'bool', 'string'])
const rollupSchema = z.object({ everyMs: z.number().int(), keepMs: z.number().int().optional() })

export const catalogSchema: z.ZodType<Catalog> = z
  .object({
    tables: z.array(
      z.object({
        name: z.string(),
        tags: z.array(z.string()),
        fields: z.array(
          z.object({
            name: z.string(),
            type: fieldTypeSchema,
            unit: z.string().optional(),
          }),
        ),
        retentionMs: z.number().optional(),
        rollups: z.array(rollupSchema).optional(),
        defined: z
          .object({
            tags: z.array(z.string()),
            fields: z.array(z.object({ name: z.string(), type: fieldTypeSchema, unit: z.string().optional() })),
            retentionMs: z.number().optional(),
            rollups: z.array(rollupSchema),
          })
          .optional(),
      }),
    ),
    views: z.array(z.object({ name: z.string(), definition: z.string() })).optional(),
  })
  .openapi('Catalog') as z.ZodType<Catalog>

export const statisticsSchema: z.ZodType<StoreStatistics> = z
  .object({
    series: z.number().int(),
    segments: z.number().int(),
    segmentBytes: z.number().int(),
    logBytes: z.number().int(),
    headBytes: z.number().int(),
    flushedBytes: z.number().int(),
    compactedBytes: z.number().int(),
    writeAmplification: z.number(),
    waitingDeletes: z.number().int(),
    compacting: z.object({ doneBytes: z.number().int(), totalBytes: z.number().int() }).optional(),
    space: z
      .object({ usedBytes: z.number().int(), maxBytes: z.number().int(), evictions: z.number().int() })
      .optional(),
    answerCache: z.object({
      bytes: z.number().int(),
      reused: z.number().int(),
      partly: z.number().int(),
      read: z.number().int(),
    }),
    quarantined: z.array(z.object({ name: z.string(), reason: z.string() })),
  })
  .openapi('Statistics') as z.ZodType<StoreStatistics>
