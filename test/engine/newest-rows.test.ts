import { type Arbitrary, array, assert, asyncProperty, constantFrom, integer, oneof, record, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'

const HOSTS = ['a', 'b', 'c']
const REGIONS = ['x', 'y']
const FIELDS = ['f', 'g']
const LAST_TIME = 12

interface Row {
  host: string
  region: string
  time: number
  /** Of `f` and of `g`, at least one. */
  values: [number | null, number | null]
}

type Step =
  | { kind: 'append'; rows: Row[] }
  | { kind: 'delete'; host: string; start: number; end: number }
  | { kind: 'flush' | 'compact' }

const value = oneof(integer({ min: 0, max: 99 }), constantFrom(null))
const row: Arbitrary<Row> = record({
  host: constantFrom(...HOSTS),
  region: constantFrom(...REGIONS),
  time: integer({ min: 0, max: LAST_TIME }),
  values: tuple(value, value).map(([f, g]): Row['values'] => (f === null && g === null ? [0, null] : [f, g])),
})
const append = array(row, { minLength: 1, maxLength: 4 }).map((rows): Step => ({ kind: 'append', rows }))
const deletion = record({
  host: constantFrom(...HOSTS),
  start: integer({ min: 0, max: LAST_TIME }),
  end: integer({ min: 0, max: LAST_TIME + 1 }),
}).map((range): Step => ({ kind: 'delete', ...range }))
const rest = constantFrom<Step>({ kind: 'flush' }, { kind: 'flush' }, { kind: 'compact' })

/** Series by `host,region`, their rows by time. */
type Model = Map<string, Map<number, Row['values']>>

function applyToModel(model: Model, step: Step): void {
  if (step.kind === 'append') {
    for (const { host, region, time, values } of step.rows) {
      const series = model.get(`${host},${region}`) ?? new Map<number, Row['values']>()
      const before = series.get(time) ?? [null, null]
      series.set(time, [values[0] ?? before[0], values[1] ?? before[1]])
      model.set(`${host},${region}`, series)
    }
  }
  if (step.kind === 'delete') {
    for (const [name, series] of model) {
      if (!name.startsWith(`${step.host},`)) continue
      for (const time of [...series.keys()]) if (time >= step.start && time < step.end) series.delete(time)
    }
  }
}

/** Of each partition time, host, region and the fields asked for, of the newest row; of one time that of the later series. */
function newestOfModel(model: Model, by: (series: string) => string, fields: readonly string[]): Value[][] {
  const newest = new Map<string, { series: string; time: number; values: Row['values'] }>()
  for (const [series, rows] of [...model].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const time = Math.max(...rows.keys())
    const known = newest.get(by(series))
    const values = rows.get(time)
    if (values && (known === undefined || time >= known.time)) newest.set(by(series), { series, time, values })
  }
  return [...newest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { series, time, values }]) => {
      return [BigInt(time), ...series.split(','), ...fields.map((name) => values[FIELDS.indexOf(name)] ?? null)]
    })
}

const QUESTIONS = [
  ['host, region', (series: string) => series, ['f', 'g']],
  ['host', (series: string) => series.split(',')[0] ?? '', ['f', 'g']],
  ['region', (series: string) => series.split(',')[1] ?? '', ['g']],
] as const

async function checkAnswers(engine: Engine, model: Model): Promise<void> {
  for (const [by, keyOf, fields] of QUESTIONS) {
    const text = `SELECT time, host, region, ${fields.join(', ')} FROM t LATEST ON time PARTITION BY ${by}`
    expect(rowsOf(await collectRows(await engine.query(text)))).toEqual(newestOfModel(model, keyOf, fields))
  }
}

function linesOf(rows: readonly Row[]): string {
  const field = (name: string, value: number | null): string[] => (value === null ? [] : [`${name}=${value}`])
  return rows
    .map(({ host, region, time, values: [f, g] }) => {
      return `t,host=${host},region=${region} ${[...field('f', f), ...field('g', g)].join(',')} ${time}`
    })
    .join('\n')
}

/** Every series, so that the table and its columns are there. */
const first: Step = {
  kind: 'append',
  rows: HOSTS.flatMap((host) => REGIONS.map((region): Row => ({ host, region, time: 1, values: [1, 2] }))),
}

test('the newest rows are those of a plain model, however rows come and go between questions', async () => {
  await assert(
    asyncProperty(array(oneof(append, append, deletion, rest), { maxLength: 14 }), async (steps) => {
      const store = { kind: 'memory' } as const
      const engine = await openEngine({ store, workers: 0, clock: { now: () => 100n } })
      const model: Model = new Map()
      for (const step of [first, ...steps]) {
        applyToModel(model, step)
        if (step.kind === 'append') await engine.append({ kind: 'line-protocol', body: linesOf(step.rows) })
        else if (step.kind === 'delete') {
          const matchers = [{ tag: 'host', op: '=', value: step.host }] as const
          if (step.start < step.end) {
            await engine.delete({ table: 't', matchers, start: BigInt(step.start), end: BigInt(step.end) })
          }
        } else if (step.kind === 'flush') await engine.flush()
        else await engine.compact()
        await checkAnswers(engine, model)
        await checkAnswers(engine, model)
      }
      await engine.close()
    }),
    { numRuns: 40 },
  )
})
