import { type Collector, type Host, type HostRow, Rates, round2 } from './collector.ts'

/** Columns of /proc/net/dev that are kept, by the field they become. */
const COUNTERS = [
  ['rx_bytes', 0],
  ['rx_packets', 1],
  ['rx_errors', 2],
  ['rx_dropped', 3],
  ['tx_bytes', 8],
  ['tx_packets', 9],
  ['tx_errors', 10],
  ['tx_dropped', 11],
] as const

/** Counters that also have a rate, `rx_bytes_per_second`. */
const RATED = ['rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'] as const

/** Counters by interface since it came up. */
export function parseNetDev(text: string): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const interfaces = new Map<string, Record<string, number>>()
  for (const [, name = '', columns = ''] of text.matchAll(/^\s*([^\s:|]+):\s*(\d.*)$/gm)) {
    const values = columns.trim().split(/\s+/)
    const counters: Record<string, number> = {}
    for (const [field, column] of COUNTERS) {
      const value = values[column]
      if (value !== undefined) counters[field] = Number(value)
    }
    interfaces.set(name, counters)
  }
  return interfaces
}

/** Table `host_network`: totals and rates of each network interface, where the system tells them as Linux does. */
export class NetworkCollector implements Collector {
  readonly #host: Host
  readonly #rates = new Rates()

  constructor(host: Host) {
    this.#host = host
  }

  async collect(nowMs: number): Promise<readonly HostRow[]> {
    const text = await this.#host.readText('/proc/net/dev')
    if (text === undefined) return []
    const interfaces = parseNetDev(text)
    const flat = new Map<string, number>()
    for (const [name, counters] of interfaces) {
      for (const field of RATED) if (counters[field] !== undefined) flat.set(`${name}\0${field}`, counters[field])
    }
    const rates = this.#rates.perSecond(flat, nowMs)
    return [...interfaces].map(([name, integers]) => {
      const floats: Record<string, number> = {}
      for (const field of RATED) {
        const rate = rates.get(`${name}\0${field}`)
        if (rate !== undefined) floats[`${field}_per_second`] = round2(rate)
      }
      return { table: 'host_network', tags: { interface: name }, floats, integers }
    })
  }
}
