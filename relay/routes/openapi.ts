import type { OpenAPIHono } from '@hono/zod-openapi'
import type { RelayEnvironment } from '../environment.ts'
import { VERSION } from '../package-version.ts'

/** Adds the description of every route that is registered on the app. */
export function addOpenapiRoute(app: OpenAPIHono<RelayEnvironment>): void {
  app.get('/api/openapi.json', (context) =>
    context.json(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'Tidemark relay',
          version: VERSION,
          description: 'Takes rows in as Influx clients send them and answers TSQL queries, whole or live.',
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
      }),
    ),
  )
}
