// `node test/bench/overload.ts --seconds 600`: many clients send to a relay faster than it can take rows. Its memory has to
// stay flat, and everything that it acknowledged has to be there at the end. It is of the built package where that is fresh, or `--from sources`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { overload, overloadFaults } from '../support/overload.ts'
import { engineEntry } from './engine-entry.ts'
import { freePort, httpClient, startServer } from './server-process.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    clients: { type: 'string', default: '2000' },
    rows: { type: 'string', default: '200' },
    from: { type: 'string' },
  },
})
const [seconds, clients, rowsPerRequest] = [Number(values.seconds), Number(values.clients), Number(values.rows)]
const { from, command: path } = engineEntry(values.from)

const folder = mkdtempSync(join(tmpdir(), 'tidemark-overload-'))
const port = await freePort()
const http = httpClient(port)
const command = [path, 'serve', '--data', join(folder, 'data'), '--port', String(port), '--no-host-metrics']
const server = await startServer([process.execPath, ...command], {
  log: join(folder, 'log'),
  ready: () => http.get('/health'),
})
try {
  const report = await overload({
    ...{ port, pid: server.pid, seconds, clients, rowsPerRequest },
    onSecond: ({ seconds: second, megabytes, acknowledged, refused }) => {
      if (second % 10 !== 0) return
      console.error(`${second} s: ${megabytes.toFixed(0)} MB, ${acknowledged} requests taken, ${refused} refused`)
    },
  })
  const stored = Array.from({ length: clients }, () => new Map<number, number>())
  for (let first = 0; first < clients; first += 100) {
    const names = Array.from({ length: Math.min(100, clients - first) }, (_, i) => `'c${first + i}'`).join(', ')
    const query = `SELECT client, sequence FROM load WHERE client IN (${names})`
    const answer = await http.post('/api/query', JSON.stringify({ query }), {
      'content-type': 'application/json',
      accept: 'text/csv',
    })
    for (const line of answer.toString().trim().split('\n').slice(1)) {
      const [client = '', sequence] = line.split(',').slice(-2)
      const counts = stored[Number(client.slice(1))]
      counts?.set(Number(sequence), (counts.get(Number(sequence)) ?? 0) + 1)
    }
  }
  const faults = overloadFaults(report, rowsPerRequest, (client) => stored[client] ?? new Map())
  const third = Math.floor(report.megabytes.length / 3)
  const peak = (from: number, to?: number): string => Math.max(...report.megabytes.slice(from, to)).toFixed(0)
  console.log(
    `${from}: ${seconds} s, ${clients} clients: ${(report.sentBytes / 2 ** 20).toFixed(0)} MiB offered, ${report.acknowledged} requests ` +
      `of ${rowsPerRequest} rows taken, ${report.refused} refused with Retry-After; resident memory at most ` +
      `${peak(0, third)} MB in the first third, ${peak(-third)} MB in the last; ${faults.length} lost or invented`,
  )
  for (const [what, times] of report.other) console.log(`- ${times} × ${what}`)
  for (const fault of faults.slice(0, 10)) console.log(`- ${fault}`)
  if (faults.length > 0) process.exitCode = 1
} finally {
  http.close()
  await server.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
