import type { AggregatePlan } from '../../core/plan.ts'

/** What a plan by windows asks for but its range, as a text: plans of one text have the same states in the windows that both have. */
export function planKey(asked: AggregatePlan): string {
  const { start: _start, end: _end, asked: _asked, rowsFrom: _rowsFrom, reader: _reader, ...plan } = asked
  return JSON.stringify(plan, exactly)
}

/** JSON has neither BigInts nor all numbers; no text of a plan is an object of these. */
function exactly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { integer: String(value) }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { number: Object.is(value, -0) ? '-0' : String(value) }
  }
  return value
}
