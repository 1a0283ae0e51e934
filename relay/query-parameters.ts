import { z } from '@hono/zod-openapi'
import type { Literal } from '../engine/core/expression.ts'

/** Values of `$name` in a statement, as JSON has them. Whole numbers become i64. */
export const parametersSchema: z.ZodType<Record<string, Literal>, Record<string, string | number | boolean | null>> = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .superRefine((params, check) => {
    for (const [name, value] of Object.entries(params)) {
      if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        check.addIssue({
          code: 'custom',
          path: [name],
          message: 'whole numbers beyond 2^53 lose digits in JSON; write it in the text',
        })
      }
    }
  })
  .transform((params) => {
    const literals: Record<string, Literal> = {}
    for (const [name, value] of Object.entries(params)) {
      literals[name] = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value
    }
    return literals
  })

/** What is wrong with a value, as one sentence that begins where it is wrong. */
export function describeIssues(error: z.ZodError): string {
  const [issue] = error.issues
  if (!issue) return error.message
  const place = issue.path.join('.')
  return place === '' ? issue.message : `${place}: ${issue.message}`
}
