// Measures one system in a process of its own, so that no system inherits another's memory or threads. Started by bench.ts.
import { type MeasurementOptions, measure, type SystemResult } from './measurement.ts'
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

async function run(name: string, options: MeasurementOptions): Promise<ProcessMessage> {
  try {
    const load = SYSTEMS[name]
    if (load === undefined) throw new Error(`no system '${name}'`)
    const description = await load()
    const remedy = description.missing()
    if (remedy !== undefined) return { kind: 'missing', remedy }
    const result = await measure(name, description, options, (done, what) => void tell({ kind: 'progress', done, what }))
    return { kind: 'result', result }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

const [name = '', options = '{}'] = process.argv.slice(2)
await tell(await run(name, JSON.parse(options)))
process.disconnect()
