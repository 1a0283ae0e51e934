import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { expect, test } from 'vitest'
import type { Batch } from '../../engine/core/batch.ts'
import { fakeEngine } from '../support/fake-engine.ts'

test('an app that is loaded after a server was made sends large answers, one after the other on a connection', async () => {
  let handle: (request: Request, env: object) => Response | Promise<Response> = () => new Response()
  // From here on new responses are of the server's own class.
  const server = createAdaptorServer({ fetch: (request, env) => handle(request, env) })
  const { createApp } = await import('../../relay/app.ts')
  const rows = 100_000
  async function* batches(): AsyncGenerator<Batch> {
    yield { rows, columns: [{ name: 'n', type: 'f64', values: new Float64Array(rows) }] }
  }
  const query = async () => ({ columns: [{ name: 'n', type: 'f64' }] as const, keys: [], batches: batches() })
  handle = createApp({ engine: fakeEngine({ query }) }).fetch
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const headers = { accept: 'application/vnd.apache.arrow.stream' }
  let connections = 0
  server.on('connection', () => void connections++)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < 3; i++) {
    const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/api/query', headers, agent })
    call.end('{"query":"x"}')
    const [answer] = await once(call, 'response')
    let bytes = 0
    for await (const chunk of answer) bytes += chunk.length
    expect(bytes).toBeGreaterThan(rows * 8)
  }
  agent.destroy()
  expect(connections).toBe(1)
  await new Promise((resolve) => server.close(resolve))
})
