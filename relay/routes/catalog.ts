import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Engine } from '../../engine/engine.ts'
import { catalogSchema, statisticsSchema } from '../api-schemas.ts'
import type { RelayEnvironment } from '../environment.ts'

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
