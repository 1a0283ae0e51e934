import { type Collector, type Host, type HostRow, type ProcessorTimes, round2 } from './collector.ts'

/** Names of the columns of a `cpu` line in /proc/stat, in their order (proc_stat(5)). */
const STATES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const

type Times = Readonly<Record<string, number>>

/** Time that each processor spent in each state since boot, in ticks; `total` is all of them together. */
export function parseProcStat(text: string): ReadonlyMap<string, Times> {
  const processors = new Map<string, Times>()
  for (const line of text.split('\n')) {
    const [, number, columns] = /^cpu(\d*)\s+(.+)$/.exec(line) ?? []
    if (number === undefined || columns === undefined) continue
    const ticks = columns.split(/\s+/).map(Number)
    const times: Record<string, number> = {}
    STATES.forEach((state, index) => {
      const value = ticks[index]
      if (value !== undefined && Number.isFinite(value)) times[state] = value
    })
    processors.set(number === '' ? 'total' : number, times)
  }
  return processors
}

/** The same from what Node knows on every system. */
export function processorTimes(processors: readonly ProcessorTimes[]): ReadonlyMap<string, Times> {
  const times = new Map<string, Times>()
  const total = { user: 0, nice: 0, system: 0, idle: 0, irq: 0 }
  processors.forEach(({ user, nice, sys, idle, irq }, index) => {
    times.set(String(index), { user, nice, system: sys, idle, irq })
    total.user += user
    total.nice += nice
    total.system += sys
    total.idle += idle
    total.irq += irq
  })
  return times.set('total', total)
}

/** Table `host_cpu`: percent of its time that each processor spent in each state since the tick before. */
export class ProcessorCollector implements Collector {
  readonly #host: Host
  #last: ReadonlyMap<string, Times> = new Map()

  constructor(host: Host) {
    this.#host = host
  }

  async collect(): Promise<readonly HostRow[]> {
    const text = await this.#host.readText('/proc/stat')
    const now = text === undefined ? processorTimes(this.#host.processors()) : parseProcStat(text)
    const rows: HostRow[] = []
    for (const [cpu, times] of now) {
      const before = this.#last.get(cpu)
      const floats = before && usage(before, times)
      if (floats) rows.push({ table: 'host_cpu', tags: { cpu }, floats })
    }
    this.#last = now
    return rows
  }
}

/** Percent by state, or `undefined` where no time has passed. Counters of a virtual machine can step back: that is 0. */
function usage(before: Times, now: Times): Record<string, number> | undefined {
  const spent = Object.entries(now).map(
    ([state, value]) => [state, Math.max(0, value - (before[state] ?? value))] as const,
  )
  const total = spent.reduce((sum, [, value]) => sum + value, 0)
  if (total <= 0) return undefined
  return Object.fromEntries(spent.map(([state, value]) => [`usage_${state}`, round2((100 * value) / total)]))
}
