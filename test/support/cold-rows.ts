import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import type { RowsPlan } from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import type { EngineOverStore } from './engine-over-store.ts'
import { rowsOf, type Value } from './plain-column.ts'

export const FIRST_DAY: bigint = 20_000n * DAY_NS
/** Between rows of one series. */
export const STEP_NS = 600_000_000_000n

/** Six hours of a day every ten minutes, of two hosts; values tell day, host and place. */
export function dayLines(day: number, plus = 0): string {
  const lines: string[] = []
  for (const host of ['a', 'b']) {
    for (let i = 0; i < 36; i++) {
      const time = FIRST_DAY + BigInt(day) * DAY_NS + BigInt(i) * STEP_NS
      lines.push(`cpu,host=${host} v=${1000 * day + i + (host === 'b' ? 0.5 : 0) + plus},n=${i}i ${time}`)
    }
  }
  return lines.join('\n')
}

/** Rows of the days that were written with `dayLines`. */
export function plan(start: bigint = MIN_TIME, end: bigint = MAX_TIME): RowsPlan {
  return { kind: 'rows', table: 'cpu', matchers: [], start, end, tags: ['host'], fields: ['v', 'n'], order: 'asc' }
}

export function ofDay(day: number): RowsPlan {
  return plan(FIRST_DAY + BigInt(day) * DAY_NS, FIRST_DAY + BigInt(day + 1) * DAY_NS)
}

export async function rows(engine: EngineOverStore, asked: RowsPlan = plan()): Promise<Value[][]> {
  const found: Value[][] = []
  for await (const batch of engine.queryable.rows(asked)) found.push(...rowsOf(batch))
  return found
}
