// `npm run bench -- [options]`: TSBS devops cpu-only for Tidemark and its peers, side by side. The table goes to stdout,
// progress to stderr.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ProcessMessage } from './measured-process.ts'
import type { MeasurementOptions, SystemResult } from './measurement.ts'
import { footnotes, resultTable } from './report.ts'
import { describeSizes, engineSizes } from './size.ts'
import { SYSTEMS } from './systems/registry.ts'
import { FIELDS, INTERVAL_SECONDS } from './tsbs-data.ts'
import { QUERY_TYPES } from './tsbs-queries.ts'

const USAGE = `Usage: npm run bench -- [options]
  --systems a,b     systems to measure: ${Object.keys(SYSTEMS).join(', ')} (default: all)
  --hosts N         hosts of the data set (100)
  --hours N         hours of the data set (24)
  --instances N     random questions of each type (20)
  --rounds N        times that each is asked with the clock running, at least (3); a second is the shortest
  --seed N          seed of data and questions (123)
  --only TYPE       time one query type only
  --json FILE       write everything measured to a file
  --quick           10 hosts, 24 hours, 5 instances, 1 round, to see that it runs`

interface BenchOptions {
  systems: readonly string[]
  json: string | undefined
  measurement: MeasurementOptions
}

function fail(message: string): never {
  console.error(`bench: ${message}\n\n${USAGE}`)
  process.exit(2)
}

function positive(text: string, name: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) fail(`--${name} must be a positive whole number, not '${text}'`)
  return value
}

function parseArguments() {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const named = {
    systems: text,
    hosts: text,
    hours: text,
    instances: text,
    rounds: text,
    seed: text,
    only: text,
    json: text,
  }
  try {
    return parseArgs({ options: { ...named, quick: flag, help: flag } }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function parseOptions(): BenchOptions {
  const values = parseArguments()
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  const systems = values.systems?.split(',') ?? Object.keys(SYSTEMS)
  for (const name of systems) if (!Object.hasOwn(SYSTEMS, name)) fail(`there is no system '${name}'`)
  if (values.only !== undefined && !QUERY_TYPES.some((type) => type.name === values.only)) {
    fail(`there is no query type '${values.only}'; there are ${QUERY_TYPES.map((type) => type.name).join(', ')}`)
  }
  const [hosts, instances, rounds] = values.quick ? ['10', '5', '1'] : ['100', '20', '3']
  const measurement: MeasurementOptions = {
    hosts: positive(values.hosts ?? hosts, 'hosts'),
    hours: positive(values.hours ?? '24', 'hours'),
    instances: positive(values.instances ?? instances, 'instances'),
    rounds: positive(values.rounds ?? rounds, 'rounds'),
    seed: positive(values.seed ?? '123', 'seed'),
    ...(values.only !== undefined && { only: values.only }),
  }
  return { systems, json: values.json, measurement }
}

/**
 * Says on stderr which system does what and how long all will still take: what the systems that are left take usually,
 * scaled by how fast it has gone so far. On a terminal one line that is written over.
 */
function progressPrinter(systems: readonly string[]): (index: number, done: number, what: string) => void {
  const begun = performance.now()
  const usual = systems.map((name) => SYSTEMS[name]?.typicalSeconds ?? 0)
  const sum = (seconds: readonly number[]): number => seconds.reduce((total, value) => total + value, 0)
  return (index, done, what) => {
    const usualSoFar = sum(usual.slice(0, index)) + done * (usual[index] ?? 0)
    const pace = usualSoFar < 5 ? 1 : (performance.now() - begun) / 1000 / usualSoFar
    const left = (sum(usual) - usualSoFar) * pace
    const eta = left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`
    const line = `[${index + 1}/${systems.length}] ${systems[index]}: ${what}, about ${eta} left`
    process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`)
  }
}

function measureInProcess(
  name: string,
  options: MeasurementOptions,
  report: (done: number, what: string) => void,
): Promise<ProcessMessage | { kind: 'interrupted' }> {
  return new Promise((resolve) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
    const child = fork(join(import.meta.dirname, 'measured-process.ts'), [name, folder, JSON.stringify(options)])
    // An interrupt waits for the child, which stops its servers; what was measured before is still printed.
    let interrupted = false
    const interrupt = (signal: NodeJS.Signals): void => {
      interrupted = true
      child.kill(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
    let last: ProcessMessage | undefined
    child.on('message', (message: ProcessMessage) => {
      if (message.kind === 'progress') report(message.done, message.what)
      else last = message
    })
    child.once('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      if (interrupted) resolve({ kind: 'interrupted' })
      else resolve(last ?? { kind: 'failed', message: `its process ended with ${code ?? signal}` })
    })
  })
}

async function measureAll({
  systems,
  measurement,
}: BenchOptions): Promise<{ results: SystemResult[]; failed: string[] }> {
  const report = progressPrinter(systems)
  const results: SystemResult[] = []
  const failed: string[] = []
  for (const [index, name] of systems.entries()) {
    const outcome = await measureInProcess(name, measurement, (done, what) => report(index, done, what))
    if (outcome.kind === 'result') {
      results.push(outcome.result)
      if (Object.keys(outcome.result.validated.wrong).length > 0) failed.push(name)
    } else if (outcome.kind === 'missing')
      console.error(`${name} is left out since it is not installed: ${outcome.remedy}`)
    else if (outcome.kind === 'failed') {
      failed.push(name)
      console.error(`${name} failed: ${outcome.message}`)
    } else if (outcome.kind === 'interrupted') return { results, failed: [...failed, 'interrupted'] }
  }
  return { results, failed }
}

function headline({ hosts, hours, seed, instances, rounds }: MeasurementOptions): string {
  const values = (hosts * FIELDS.length * Math.floor((hours * 3600) / INTERVAL_SECONDS)) / 1e6
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
  return (
    `TSBS devops cpu-only: ${hosts} hosts × ${hours} h, ${values.toFixed(2)} M values, seed ${seed}; ` +
    `${instances} instances × ${rounds} rounds of each type, windows not aligned.\n${machine}.`
  )
}

const options = parseOptions()
const { results, failed } = await measureAll(options)
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
const sizes = await engineSizes().catch((error: Error) => {
  console.error(`the engine could not be bundled: ${error.message}`)
  failed.push('size')
  return undefined
})
console.log(`${headline(options.measurement)}\n\n${resultTable(results)}\n\n${footnotes(results)}`)
if (sizes !== undefined) console.log(`- ${describeSizes(sizes)}`)
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ ...options.measurement, results, sizes: sizes ?? null }, null, 1)}\n`)
}
if (failed.length > 0) {
  console.error(`bench: not as it should be: ${failed.join(', ')}`)
  process.exitCode = 1
}
