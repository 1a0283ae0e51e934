import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { printTimestamp } from '../../engine/core/time.ts'
import type { Engine } from '../../engine/engine.ts'
import type { RelayEnvironment } from '../environment.ts'

/** Rejected rows as JSON has them: times are RFC 3339. */
export interface RejectedAnswer {
  total: number
  rows: { time: string; line: number; column: number; reason: string; text: string }[]
}

export const rejectedSchema: z.ZodType<RejectedAnswer> = z
  .object({
    total: z.number().int(),
    rows: z.array(
      z.object({
        time: z.string(),
        line: z.number().int(),
        column: z.number().int(),
        reason: z.string(),
        text: z.string(),
      }),
    ),
  })
  .openapi('Rejected')

const route = createRoute({
  method: 'get',
  path: '/api/rejected',
  summary: 'The rows that were rejected last, newest first, and how many there were ever',
  responses: {
    200: { description: 'The rows', content: { 'application/json': { schema: rejectedSchema } } },
  },
})

/** Adds the inspector of rejected rows. */
export function addRejectedRoute(app: OpenAPIHono<RelayEnvironment>, engine: Engine): void {
  app.openAPIRegistry.registerPath(route)
  app.get(route.path, async () => Response.json(await rejectedAnswer(engine)))
}

export async function rejectedAnswer(engine: Pick<Engine, 'rejectedRows'>): Promise<RejectedAnswer> {
  const { total, rows } = await engine.rejectedRows()
  return { total, rows: rows.map(({ time, ...row }) => ({ time: printTimestamp(time), ...row })) }
}
