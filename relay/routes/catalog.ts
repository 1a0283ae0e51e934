import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Engine } from '../../engine/engine.ts'
import type { RelayEnvironment } from '../environment.ts'

const catalogSchema = z
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

const statisticsSchema = z
  .object({
    series: z.number().int(),
    segments: z.number().int(),
    segmentBytes: z.number().int(),
    logBytes: z.number().int(),
    headBytes: z.number().int(),
    quarantined: z.array(z.object({ name: z.string(), reason: z.string() })),
  })
  .openapi('Statistics')

const catalogRoute = createRoute({
  method: 'get',
  path: '/api/catalog',
  summary: 'Tables with their tags and fields',
  responses: {
    200: { description: 'The catalog', content: { 'application/json': { schema: catalogSchema } } },
  },
})

const statisticsRoute = createRoute({
  method: 'get',
  path: '/api/statistics',
  summary: 'Size and state of the store',
  responses: {
    200: { description: 'The statistics', content: { 'application/json': { schema: statisticsSchema } } },
  },
})

/** Adds what tells about the store as a whole. */
export function addCatalogRoutes(app: OpenAPIHono<RelayEnvironment>, engine: Engine): void {
  app.openAPIRegistry.registerPath(catalogRoute)
  app.openAPIRegistry.registerPath(statisticsRoute)
  app.get('/api/catalog', async () => Response.json(await engine.catalog()))
  app.get('/api/statistics', async () => Response.json(await engine.statistics()))
}
