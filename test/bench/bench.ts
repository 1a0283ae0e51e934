// `npm run bench -- [options]`: TSBS devops cpu-only for Tidemark and its peers, side by side. The table goes to stdout,
// progress to stderr.
import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
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
  --rounds N        times that each is asked with the clock running (3)
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
  if (!(Number.isFinite(value) && value > 0)) fail(`--${name} must be a positive number, not '${text}'`)
  return value
}

function parseOptions(): BenchOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      ...{ systems: text, hosts: text, hours: text, instances: text, rounds: text, seed: text, only: text, json: text },
      ...{ quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    },
  })
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

/** One line at a time on stderr: which system, what it does, how long all of it will still take. */
function progressPrinter(systems: readonly string[]): (index: number, done: number, what: string) => void {
  const begun = performance.now()
  return (index, done, what) => {
    const share = (index + done) / systems.length
    const left = share > 0.02 ? ((performance.now() - begun) / 1000) * (1 / share - 1) : undefined
    const eta = left === undefined ? '' : `, about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left`
    console.error(`[${index + 1}/${systems.length}] ${systems[index]}: ${what}${eta}`)
  }
}

function measureInProcess(
  name: string,
  options: MeasurementOptions,
  report: (done: number, what: string) => void,
): Promise<ProcessMessage> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'measured-process.ts'), [name, JSON.stringify(options)])
    let last: ProcessMessage | undefined
    child.on('message', (message: ProcessMessage) => {
      if (message.kind === 'progress') report(message.done, message.what)
      else last = message
    })
    child.on('exit', (code, signal) => resolve(last ?? { kind: 'failed', message: `its process ended with ${code ?? signal}` }))
  })
}

async function measureAll({ systems, measurement }: BenchOptions): Promise<{ results: SystemResult[]; failed: string[] }> {
  const report = progressPrinter(systems)
  const results: SystemResult[] = []
  const failed: string[] = []
  for (const [index, name] of systems.entries()) {
    const outcome = await measureInProcess(name, measurement, (done, what) => report(index, done, what))
    if (outcome.kind === 'result') {
      results.push(outcome.result)
      if (Object.keys(outcome.result.validated.wrong).length > 0) failed.push(name)
    } else if (outcome.kind === 'missing') console.error(`${name} is left out since it is not installed: ${outcome.remedy}`)
    else if (outcome.kind === 'failed') {
      failed.push(name)
      console.error(`${name} failed: ${outcome.message}`)
    }
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
