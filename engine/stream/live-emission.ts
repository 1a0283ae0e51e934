import type { WindowsOfRows } from '../query/check/checked.ts'
import type { QueryPlan } from '../query/plan/plan.ts'

/** When an answer is sent, and until when its windows may change. */
export type LiveEmission =
  | { kind: 'change'; windows?: WindowsOfRows | undefined; lateness?: bigint | undefined }
  | { kind: 'every'; every: bigint; windows?: WindowsOfRows | undefined; lateness?: bigint | undefined }
  | { kind: 'close'; windows: WindowsOfRows; lateness: bigint }

/** Statements other than SUBSCRIBE are sent as they change. */
export function emissionOf(plan: QueryPlan): LiveEmission {
  if (plan.kind !== 'subscribe') return { kind: 'change' }
  const { emit, windows, lateness } = plan
  if (emit.kind !== 'close') return { ...emit, windows, lateness }
  if (windows === undefined) throw new Error('what is sent when windows close has windows')
  return { kind: 'close', windows, lateness: lateness ?? 0n }
}
