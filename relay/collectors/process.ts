import { type Collector, type HostRow, round2 } from './collector.ts'

/** The relay's own process as its collector sees it. */
export interface ProcessProbe {
  /** Microseconds of processor time since the process began, user and system. */
  cpuMicroseconds(): number
  memory(): { rss: number; heapUsed: number; heapTotal: number; external: number; arrayBuffers: number }
  uptimeSeconds(): number
  /** Delay of the event loop since the call before, in milliseconds: its mean and greatest. */
  eventLoopDelayMs(): { mean: number; max: number }
}

/** Table `host_process`: what the relay itself takes. 100 percent is one processor. */
export class ProcessCollector implements Collector {
  readonly #probe: ProcessProbe
  #last: { cpu: number; nowMs: number } | undefined

  constructor(probe: ProcessProbe) {
    this.#probe = probe
  }

  async collect(nowMs: number): Promise<readonly HostRow[]> {
    const cpu = this.#probe.cpuMicroseconds()
    const delay = this.#probe.eventLoopDelayMs()
    const memory = this.#probe.memory()
    const last = this.#last
    this.#last = { cpu, nowMs }
    const floats: Record<string, number> = {
      event_loop_delay_mean_ms: round2(delay.mean),
      event_loop_delay_max_ms: round2(delay.max),
    }
    if (last && nowMs > last.nowMs) floats.cpu_percent = round2((cpu - last.cpu) / (nowMs - last.nowMs) / 10)
    const integers = {
      rss_bytes: memory.rss,
      heap_used_bytes: memory.heapUsed,
      heap_total_bytes: memory.heapTotal,
      external_bytes: memory.external,
      array_buffers_bytes: memory.arrayBuffers,
      uptime_seconds: Math.floor(this.#probe.uptimeSeconds()),
    }
    return [{ table: 'host_process', tags: { process: 'tidemark' }, floats, integers }]
  }
}
