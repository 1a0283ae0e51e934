import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Engine } from '../../engine/engine.ts'
import type { RelayEnvironment } from '../environment.ts'
import { describeIssues } from '../query-parameters.ts'

const querySchema = z.object({
  cold: z
    .enum(['reference', 'include'])
    .default('reference')
    .openapi({ description: 'Of rows in a cold tier: where they are, or their files' }),
})

const route = createRoute({
  method: 'get',
  path: '/api/admin/backup',
  summary: 'All data as one file',
  request: { query: querySchema },
  responses: {
    200: {
      description: 'The backup; `tidemark restore` makes a folder of it',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    400: { description: 'A parameter is wrong' },
    503: { description: 'Too many backups at once' },
  },
})

/** Adds the download of a backup. */
export function addBackupRoute(app: OpenAPIHono<RelayEnvironment>, engine: Engine): void {
  app.openAPIRegistry.registerPath(route)
  app.get(route.path, async (context) => {
    const query = querySchema.safeParse(context.req.query())
    if (!query.success) throw new TidemarkError('invalid', describeIssues(query.error))
    const chunks = engine.backup(query.data)[Symbol.asyncIterator]()
    // Before the answer has its status, so that an error on the way to the first bytes gets one of its own.
    const first = await chunks.next()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        if (first.done) controller.close()
        else controller.enqueue(first.value)
      },
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return?.()
      },
    })
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment; filename="tidemark.tdmk"',
      'Cache-Control': 'no-store',
    }
    return new Response(body, { headers })
  })
}
