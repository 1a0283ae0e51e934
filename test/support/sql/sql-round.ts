import { collectRows, type Engine, TidemarkError } from '../../../engine/engine.ts'
import { differenceOf } from './compare-answers.ts'
import type { Peer, PeerValue } from './peer.ts'
import { itemsOf, printQuery, type QueryTree } from './query-tree.ts'

/** How a query went: the same answer, an error on both sides, or what differs. */
export type Verdict = { kind: 'same' } | { kind: 'both refuse' } | { kind: 'difference'; class: DifferenceClass; detail: string }
export type DifferenceClass = 'rows' | 'our error' | 'their error'

/** Asks both. A difference of rows is one of values, of their number or, where the query says one, of their order. */
export async function judge(query: QueryTree, engine: Engine, peer: Peer): Promise<Verdict> {
  const theirs = await answerOf(() => peer.ask(printQuery(query, 'theirs')))
  const ours = await answerOf(async () => collectRows(await engine.query(printQuery(query, 'ours'))))
  if ('error' in ours && !(ours.error instanceof TidemarkError)) throw ours.error
  if ('error' in ours) {
    if ('error' in theirs) return { kind: 'both refuse' }
    return { kind: 'difference', class: 'our error', detail: String(ours.error) }
  }
  if ('error' in theirs) return { kind: 'difference', class: 'their error', detail: String(theirs.error) }
  const readings = itemsOf(query.body).map(({ reading }) => reading)
  const detail = differenceOf(ours.answer, theirs.answer, { readings, isOrdered: query.orderBy.length > 0 })
  return detail === undefined ? { kind: 'same' } : { kind: 'difference', class: 'rows', detail }
}

async function answerOf<T>(ask: () => Promise<T>): Promise<{ answer: T } | { error: unknown }> {
  try {
    return { answer: await ask() }
  } catch (error) {
    return { error }
  }
}

export type { PeerValue }
