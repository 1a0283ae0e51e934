import { openEngine } from '../../engine/engine.ts'
import { requestLines } from './numbered-requests.ts'

// Opens the engine over a folder with a worker thread and appends requests, several at a time, until it is killed. Each
// line it writes is a fact that it vouches for: "open", then the number of each request whose append has resolved.
const [directory = '', first = '0'] = process.argv.slice(2)
const AT_A_TIME = 8
const engine = await openEngine({ store: { kind: 'files', directory }, workers: 1 })
process.stdout.write('open\n')
let next = Number(first)

async function appendForEver(): Promise<never> {
  for (;;) {
    const request = next++
    await engine.append({ kind: 'line-protocol', body: requestLines(request) })
    process.stdout.write(`${request}\n`)
    if (request % 40 === 0) await engine.flush()
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, appendForEver))
