import { type Collector, type Host, type HostRow, round2 } from './collector.ts'

/** Table `host_load`: load averages and how long the machine has been up. */
export class LoadCollector implements Collector {
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  async collect(): Promise<readonly HostRow[]> {
    const load = this.#host.load()
    const floats = load && { load1: round2(load[0]), load5: round2(load[1]), load15: round2(load[2]) }
    const integers = { uptime_seconds: Math.floor(this.#host.uptimeSeconds()) }
    return [{ table: 'host_load', tags: {}, ...(floats && { floats }), integers }]
  }
}
