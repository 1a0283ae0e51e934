import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Engine } from '../../engine/engine.ts'
import type { RelayEnvironment } from '../environment.ts'

const route = createRoute({
  method: 'get',
  path: '/api/admin/backup',
  summary: 'All data as one file',
  responses: {
    200: {
      description: 'The backup; `tidemark restore` makes a folder of it',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    503: { description: 'Too many backups at once' },
  },
})

/** Adds the download of a backup. */
export function addBackupRoute(app: OpenAPIHono<RelayEnvironment>, engine: Engine): void {
  app.openAPIRegistry.registerPath(route)
  app.get(route.path, async () => {
    const chunks = engine.backup()[Symbol.asyncIterator]()
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
