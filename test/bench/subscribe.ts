// `node test/bench/subscribe.ts`: milliseconds from an append's answer to the update of a subscription that has its row, idle and while
// rows come in.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Engine, type LiveUpdate, openEngine } from '../../engine/engine.ts'
import { history, liveLoad, sendPaced } from './live-load.ts'
import { quantile } from './measurement.ts'
import { FIELDS } from './tsbs-data.ts'

const { values } = parseArgs({
  options: {
    probes: { type: 'string', default: '200' },
    'values-per-second': { type: 'string', default: '0,1000000' },
    minutes: { type: 'string', default: '1' },
    panels: { type: 'string', default: 'host,all' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const PROBE_INTERVAL_MS = 25
const TIMEOUT_MS = 30_000
/** Above every value of the load, and of the probe before. */
let probeValue = 1000

/** Panels of the table that the rows go to: of one host, and of all by region. Each probe is the greatest value so far. */
const PANELS = {
  host: "SUBSCRIBE SELECT max(usage_user) AS most FROM cpu WHERE hostname = 'probe' AND time >= now() - 1h GROUP BY 10s",
  all: 'SUBSCRIBE SELECT region, max(usage_user) AS most FROM cpu WHERE time >= now() - 1h GROUP BY 10s, region',
} as const

/** When an update came that shows a value or a greater one. */
class Deliveries {
  readonly #waiting = new Map<number, { since: number; delivered(ms: number): void }>()

  take(update: LiveUpdate): void {
    const { columns, rows } = update.kind === 'result' ? update.rows : update.changed
    const most = columns.find(({ name }) => name === 'most')
    const now = performance.now()
    for (let row = 0; row < rows; row++) {
      for (const [value, { since, delivered }] of this.#waiting) {
        if (Number(most?.values[row]) < value) continue
        this.#waiting.delete(value)
        delivered(now - since)
      }
    }
  }

  /** Resolves with the milliseconds from now on until a value is shown. */
  of(value: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${value} was not delivered in ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
      const delivered = (ms: number): void => {
        clearTimeout(timer)
        resolve(ms)
      }
      this.#waiting.set(value, { since: performance.now(), delivered })
    })
  }
}

async function probe(engine: Engine, panel: string): Promise<{ append: number[]; delivery: number[] }> {
  const deliveries = new Deliveries()
  const failed = Promise.withResolvers<never>()
  const observer = { next: (update: LiveUpdate) => deliveries.take(update), error: failed.reject }
  const subscription = engine.subscribe(panel, observer, { minIntervalMs: 0 })
  const append: number[] = []
  const delivery: number[] = []
  await sleep(1000)
  for (let i = 0; i < Number(values.probes); i++) {
    const value = ++probeValue
    const begun = performance.now()
    const shown = deliveries.of(value)
    await engine.append({ kind: 'line-protocol', body: `cpu,hostname=probe,region=region_0 usage_user=${value}i` })
    const answered = performance.now() - begun
    append.push(answered)
    // The update may come before the append's answer.
    delivery.push(Math.max(0, (await Promise.race([shown, failed.promise])) - answered))
    await sleep(PROBE_INTERVAL_MS)
  }
  subscription.unsubscribe()
  return { append, delivery }
}

for (const rate of values['values-per-second'].split(',').map(Number)) {
  const folder = mkdtempSync(join(values.folder, 'tidemark-subscribe-'))
  try {
    const engine = await openEngine({ store: { kind: 'files', directory: folder } })
    const load = liveLoad(rate === 0 ? 100_000 : rate)
    for (const rows of history(load, Number(values.minutes), Math.floor(Date.now() / 1000))) {
      await engine.append({ kind: 'columns', rows })
    }
    const stop = new AbortController()
    const write = (body: Uint8Array<ArrayBuffer>) => engine.append({ kind: 'line-protocol', body })
    const begun = performance.now()
    const sending = rate === 0 ? Promise.resolve(0) : sendPaced(load, write, stop.signal)
    const ms = (times: number[], share: number): string => quantile(times, share).toFixed(1)
    const lines: string[] = []
    // The probe is there before it is asked for.
    await engine.append({ kind: 'line-protocol', body: 'cpu,hostname=probe,region=region_0 usage_user=0i' })
    for (const [name, panel] of Object.entries(PANELS).filter(([name]) => values.panels.split(',').includes(name))) {
      const { append, delivery } = await probe(engine, panel)
      lines.push(
        `${name}: append p50 ${ms(append, 0.5)}, p99 ${ms(append, 0.99)}; ` +
          `from its answer to the update p50 ${ms(delivery, 0.5)}, p90 ${ms(delivery, 0.9)}, p99 ${ms(delivery, 0.99)} ms`,
      )
    }
    stop.abort()
    const taken = ((await sending) * load.hosts * FIELDS.length) / (performance.now() - begun) / 1000
    for (const line of lines) console.log(`${taken.toFixed(2)} M values/s, panel of ${line}`)
    await engine.close()
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
