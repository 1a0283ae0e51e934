// Measures one system in a process of its own, so that no system inherits another's memory or threads. Started by bench.ts.
import { type MeasurementOptions, measure, type Report, type SystemResult } from './measurement.ts'
import { SYSTEMS } from './systems/registry.ts'

/** What the process tells its parent. */
export type ProcessMessage =
  | { kind: 'progress'; done: number; what: string }
  | { kind: 'missing'; remedy: string }
  | { kind: 'result'; result: SystemResult }
  | { kind: 'failed'; message: string }

function tell(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('to be started by bench.ts')
    process.send(message, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

async function run(name: string, folder: string, options: MeasurementOptions): Promise<ProcessMessage> {
  try {
    const system = SYSTEMS[name]
    if (system === undefined) throw new Error(`no system '${name}'`)
    const description = await system.load()
    const remedy = description.missing()
    if (remedy !== undefined) return { kind: 'missing', remedy }
    const report: Report = (done, what) => void tell({ kind: 'progress', done, what })
    const result = await measure(description, { folder, ...options }, report)
    return { kind: 'result', result: { name, ...result } }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

// An end by a signal, or of the parent, is an ordinary exit, at which servers are stopped.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.once('disconnect', () => process.exit(1))

const [name = '', folder = '', options = '{}'] = process.argv.slice(2)
await tell(await run(name, folder, JSON.parse(options)))
process.exit(0)
