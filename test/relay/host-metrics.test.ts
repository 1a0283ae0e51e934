import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { AppendInput, AppendResult } from '../../engine/engine.ts'
import type { Collector } from '../../relay/collectors/collector.ts'
import { startHostMetrics } from '../../relay/host-metrics.ts'

const stored: AppendResult = { rows: 1, rejectedCount: 0, rejected: [], warnings: [] }

/** Time that stands still until the test moves it, and one timer. */
class ManualTime {
  nowMs = 1_767_225_600_250
  #due: { atMs: number; action: () => void } | undefined

  readonly clock = { now: () => BigInt(this.nowMs) * 1_000_000n }
  readonly timers = {
    set: (action: () => void, ms: number) => {
      this.#due = { atMs: this.nowMs + ms, action }
      return this.#due
    },
    clear: () => {
      this.#due = undefined
    },
  }

  get dueMs(): number | undefined {
    return this.#due?.atMs
  }

  async fire(): Promise<void> {
    const due = this.#due
    if (!due) throw new Error('no timer is set')
    this.#due = undefined
    this.nowMs = Math.max(this.nowMs, due.atMs)
    due.action()
    await settled()
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function start(append: (body: string) => Promise<AppendResult>, collectors: Collector[] = [counting()]) {
  const time = new ManualTime()
  const lines: string[] = []
  const metrics = startHostMetrics({
    engine: {
      append: (input: AppendInput) => {
        if (input.kind !== 'line-protocol' || typeof input.body !== 'string') throw new Error('not text')
        return append(input.body)
      },
    },
    collectors,
    host: 'my host',
    clock: time.clock,
    timers: time.timers,
    log: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
  })
  await settled()
  return { time, metrics, lines }
}

function counting(): Collector {
  let count = 0
  return { collect: async () => [{ table: 'host_x', tags: { a: '' }, floats: { f: 1.5 }, integers: { i: count++ } }] }
}

describe('host metrics', () => {
  test('append one text a second, stamped with the whole second', async () => {
    const bodies: string[] = []
    const { time } = await start(async (body) => {
      bodies.push(body)
      return stored
    })
    expect(time.dueMs).toBe(1_767_225_601_000)
    await time.fire()
    time.nowMs += 3
    await time.fire()
    expect(bodies).toEqual([
      'host_x,host=my\\ host f=1.5,i=1i 1767225601000000000',
      'host_x,host=my\\ host f=1.5,i=2i 1767225602000000000',
    ])
  })

  test('never overlap: a slow append costs the ticks that it covers', async () => {
    let finish: (() => void) | undefined
    let appends = 0
    const { time } = await start(() => {
      appends++
      return new Promise((resolve) => {
        finish = () => resolve(stored)
      })
    })
    await time.fire()
    expect(time.dueMs).toBeUndefined()
    time.nowMs += 2500
    finish?.()
    await settled()
    expect(appends).toBe(1)
    expect(time.dueMs).toBe(1_767_225_604_000)
  })

  test('say once that they fail, try less often, and say when they are back', async () => {
    let fails = true
    const { time, lines } = await start(async () => {
      if (fails) throw new TidemarkError('io', 'disk full')
      return stored
    })
    const pauses: number[] = []
    for (let i = 0; i < 8; i++) {
      await time.fire()
      pauses.push(((time.dueMs ?? 0) - time.nowMs) / 1000)
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60])
    expect(lines).toEqual(['host metrics could not be stored, trying on: disk full'])
    fails = false
    await time.fire()
    expect((time.dueMs ?? 0) - time.nowMs).toBe(1000)
    expect(lines).toHaveLength(2)
  })

  test('stop after the tick that runs, and do not begin another', async () => {
    let finish: (() => void) | undefined
    const { time, metrics } = await start(
      () =>
        new Promise((resolve) => {
          finish = () => resolve(stored)
        }),
    )
    await time.fire()
    let stopped = false
    const stop = metrics.stop().then(() => {
      stopped = true
    })
    await settled()
    expect(stopped).toBe(false)
    finish?.()
    await stop
    expect(time.dueMs).toBeUndefined()
  })
})
