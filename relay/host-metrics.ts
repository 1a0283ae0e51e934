import { hostname } from 'node:os'
import type { Clock } from '../engine/core/clock.ts'
import type { Engine } from '../engine/engine.ts'
import type { Collector, HostRow } from './collectors/collector.ts'
import { DiskCollector } from './collectors/disk.ts'
import { LoadCollector } from './collectors/load.ts'
import { MemoryCollector } from './collectors/memory.ts'
import { NetworkCollector } from './collectors/network.ts'
import { operatingSystem, probeOwnProcess } from './collectors/operating-system.ts'
import { ProcessCollector } from './collectors/process.ts'
import { ProcessorCollector } from './collectors/processor.ts'
import type { Log } from './log.ts'
import { printLine } from './protocols/line-protocol.ts'

/** Rows of the host's tables are kept this long. */
export const HOST_RETENTION_MS: number = 30 * 24 * 3600 * 1000

/** Time between two ticks, which are aligned to it. */
const PERIOD_MS = 1000

/** The longest pause after ticks that failed one after the other. */
const MAX_PAUSE_MS = 60_000

/** Timers as a test can own them. */
export interface Timers {
  set(action: () => void, ms: number): unknown
  clear(timer: unknown): void
}

export interface HostMetricsOptions {
  engine: Pick<Engine, 'append'>
  collectors: readonly Collector[]
  /** Value of the tag `host`. */
  host: string
  clock: Clock
  timers: Timers
  log: Log
}

export interface HostMetrics {
  /** Ends the ticks and resolves when the last is through. */
  stop(): Promise<void>
}

/** Collects the metrics of this machine into an engine, every second from the next whole second on. */
export function collectOwnHost(
  engine: Engine,
  clock: Clock,
  options: { paths: readonly string[]; log: Log },
): HostMetrics {
  const probe = probeOwnProcess()
  const metrics = startHostMetrics({
    engine,
    clock,
    log: options.log,
    host: hostname(),
    timers: {
      set: (action, ms) => setTimeout(action, ms).unref(),
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
    collectors: [
      new ProcessorCollector(operatingSystem),
      new MemoryCollector(operatingSystem),
      new LoadCollector(operatingSystem),
      new DiskCollector(operatingSystem, options.paths),
      new NetworkCollector(operatingSystem),
      new ProcessCollector(probe),
    ],
  })
  return {
    stop: async () => {
      await metrics.stop()
      probe.stop()
    },
  }
}

/**
 * Ticks at whole seconds: every tick is one append of what all collectors say, stamped with the second. A tick that takes
 * longer than a second costs those that it covers; ticks never overlap. After a failure the pause doubles up to a minute.
 */
export function startHostMetrics(options: HostMetricsOptions): HostMetrics {
  const { clock, timers, log } = options
  let stopped = false
  let running: Promise<void> = Promise.resolve()
  let timer: unknown
  let failures = 0

  const failed = (error: unknown): void => {
    if (failures === 0 && !stopped) log.warn(`host metrics could not be stored, trying on: ${messageOf(error)}`)
    failures++
  }
  const tick = async (): Promise<void> => {
    try {
      await collectOnce(options)
      if (failures > 0) log.info('host metrics are collected again')
      failures = 0
    } catch (error) {
      failed(error)
    }
    if (!stopped) schedule()
  }
  const schedule = (): void => {
    const nowMs = Number(clock.now() / 1_000_000n)
    const pauseMs = failures === 0 ? PERIOD_MS : Math.min(MAX_PAUSE_MS, PERIOD_MS * 2 ** failures)
    const dueMs = (Math.floor(nowMs / PERIOD_MS) + pauseMs / PERIOD_MS) * PERIOD_MS
    timer = timers.set(() => {
      running = tick()
    }, dueMs - nowMs)
  }
  // Collectors of rates see the counters once, so that the first tick has rates to tell.
  const begin = async (): Promise<void> => {
    try {
      await Promise.all(options.collectors.map((collector) => collector.collect(millisecondsOf(clock))))
    } catch (error) {
      failed(error)
    }
    if (!stopped) schedule()
  }
  running = begin()
  return {
    stop: async () => {
      stopped = true
      timers.clear(timer)
      await running
    },
  }
}

async function collectOnce({ engine, collectors, host, clock }: HostMetricsOptions): Promise<void> {
  const now = clock.now()
  const time = now - (now % BigInt(PERIOD_MS * 1_000_000))
  const rows = await Promise.all(collectors.map((collector) => collector.collect(millisecondsOf(clock))))
  const body = rows.flat().map((row) => printRow(row, host, time))
  const { rejected } = await engine.append({
    kind: 'line-protocol',
    body: body.filter((line) => line !== undefined).join('\n'),
  })
  const [first] = rejected
  if (first) throw new Error(`${first.text}: ${first.reason}`)
}

function printRow(
  { table, tags, floats = {}, integers = {} }: HostRow,
  host: string,
  time: bigint,
): string | undefined {
  const whole = Object.entries(integers).map(([name, value]) => [name, BigInt(Math.round(value))] as const)
  return printLine({
    table,
    tags: [['host', host], ...Object.entries(tags)],
    fields: [...Object.entries(floats), ...whole],
    time,
  })
}

function millisecondsOf(clock: Clock): number {
  return Number(clock.now()) / 1e6
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
