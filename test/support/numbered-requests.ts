import type { Queryable } from '../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { rowsOf } from './plain-column.ts'

const SERIES = 4
const ROWS = 3

/** A request as line protocol: three rows of several series, of which each says where it belongs. */
export function requestLines(request: number): string {
  const rows = Array.from({ length: ROWS }, (_, row) => {
    return `t,s=${(request + row) % SERIES} request=${request}i,row=${row}i ${request * ROWS + row}`
  })
  return rows.join('\n')
}

export interface Promised {
  acknowledged: ReadonlySet<number>
  /** Whether a request was ever appended. */
  wasBegun(request: number): boolean
}

/**
 * The requests that are there. Throws where one that was acknowledged is not, where one is there in part, and where a row
 * is there that nobody wrote.
 */
export async function checkRequests(queryable: Queryable, { acknowledged, wasBegun }: Promised): Promise<Set<number>> {
  const rowsOfRequest = new Map<number, number>()
  const plan = { kind: 'rows', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, order: 'asc' } as const
  for await (const batch of queryable.rows({ ...plan, tags: ['s'], fields: ['request', 'row'] })) {
    for (const [time, tag, requestValue, rowValue] of rowsOf(batch)) {
      const [request, row] = [Number(requestValue), Number(rowValue)]
      const isGenuine = time === BigInt(request * ROWS + row) && tag === String((request + row) % SERIES)
      if (!isGenuine) throw new Error(`the row at ${time} of series ${tag} was invented`)
      rowsOfRequest.set(request, (rowsOfRequest.get(request) ?? 0) + 1)
    }
  }
  for (const [request, rows] of rowsOfRequest) {
    if (rows !== ROWS) throw new Error(`request ${request} has ${rows} rows of ${ROWS}`)
    if (!wasBegun(request)) throw new Error(`request ${request} was invented`)
  }
  for (const request of acknowledged) {
    if (!rowsOfRequest.has(request)) throw new Error(`request ${request} was acknowledged and is lost`)
  }
  return new Set(rowsOfRequest.keys())
}
