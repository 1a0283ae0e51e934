import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { RelayEnvironment } from '../environment.ts'
import type { RelayLimits } from '../limits.ts'
import { VERSION } from '../package-version.ts'
import { readBody } from '../request-body.ts'

/** The InfluxDB whose clients are served. They look at this before they write. */
const INFLUX_VERSION = '1.8.10'

const pingRoute = createRoute({
  method: 'get',
  path: '/ping',
  summary: 'Is there a relay?',
  responses: { 204: { description: 'There is' } },
})

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'How is the relay?',
  responses: {
    200: {
      description: 'It serves',
      content: {
        'application/json': {
          schema: z.object({
            name: z.literal('tidemark'),
            status: z.enum(['pass', 'fail']),
            message: z.string(),
            version: z.string(),
            uptimeMs: z.number().int(),
          }),
        },
      },
    },
  },
})

/** Adds what Influx clients ask before they write: `/ping`, `/health` and a few statements of `/query`. */
export function addInfluxRoutes(app: OpenAPIHono<RelayEnvironment>, limits: RelayLimits): void {
  app.openAPIRegistry.registerPath(pingRoute)
  app.openAPIRegistry.registerPath(healthRoute)
  app.get('/ping', () => new Response(null, { status: 204, headers: influxHeaders() }))
  app.get('/health', (context) =>
    context.json({
      name: 'tidemark',
      status: 'pass',
      message: 'ready to take data and queries',
      version: VERSION,
      uptimeMs: Math.round(process.uptime() * 1000),
    }),
  )
  app.on(['GET', 'POST'], '/query', async (context) => {
    const text = context.req.query('q') ?? (await formQuery(context, limits))
    return Response.json({ results: text.split(';').filter(isStatement).map(answer) }, { headers: influxHeaders() })
  })
}

/** Headers that tell an Influx client whom it speaks to. */
export function influxHeaders(): Record<string, string> {
  return { 'X-Influxdb-Version': INFLUX_VERSION, 'X-Influxdb-Build': `Tidemark ${VERSION}` }
}

async function formQuery(context: Context<RelayEnvironment>, limits: RelayLimits): Promise<string> {
  const body = await readBody(context, limits.socketMessageBytes, limits.requestMs)
  const text = new URLSearchParams(new TextDecoder().decode(body)).get('q')
  if (text === null) throw new TidemarkError('invalid', 'missing required parameter "q"')
  return text
}

function isStatement(text: string): boolean {
  return text.trim() !== ''
}

interface Series {
  name: string
  columns: readonly string[]
  values: readonly (readonly string[])[]
}

/** The statements that clients send while they set themselves up. Every database is the one that there is. */
function answer(text: string, index: number): { statement_id: number; series?: Series[] } {
  if (/^\s*create\s+database\s/i.test(text)) return { statement_id: index }
  if (/^\s*show\s+databases\s*$/i.test(text)) {
    return { statement_id: index, series: [{ name: 'databases', columns: ['name'], values: [['default']] }] }
  }
  throw new TidemarkError('query', 'InfluxQL is not spoken here; send TSQL to /api/query')
}
