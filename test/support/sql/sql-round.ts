import { type Batch, collectRows, type Engine, TidemarkError } from '../../../engine/engine.ts'
import { rowsOf } from '../plain-column.ts'
import { differenceOf } from './compare-answers.ts'
import { Dice } from './dice.ts'
import { type EngineKind, type OpenedEngine, openKind } from './engine-kind.ts'
import type { Peer } from './peer.ts'
import { shrinkQuery } from './query-shrink.ts'
import { itemsOf, printQuery, type QueryTree, type Reading } from './query-tree.ts'
import { randomDatabase } from './random-database.ts'
import { randomQuery } from './random-query.ts'

/** How a query went: the same answer, an error on both sides, what DuckDB alone cannot read or refuse, or what differs. */
export type Verdict =
  | { kind: 'same' | 'both refuse' | 'peer cannot' }
  | { kind: 'difference'; class: 'rows' | 'engines' | 'our error' | 'their error'; detail: string }

export interface RoundOptions {
  /** What database, rows and queries follow from. */
  seed: number
  queries: number
  /** Engines of all these kinds have the same rows, and have to give the same answers bit for bit, in the same order. */
  kinds: readonly EngineKind[]
  peer: Peer
}

export interface RoundResult {
  counts: Record<Verdict['kind'], number>
  /** Each difference with the smallest statement that was found to show it. */
  differences: readonly string[]
}

/** What DuckDB 1.5 does not find or take, though it is right: some groups by expressions, OVER in queries within OVER. */
const PEER_LIMITS = [/must appear in the GROUP BY clause/, /window functions are not allowed in window definitions/]
/** An error of ours at a place in the statement: a constant that overflows is one also where nothing reads it, DuckDB leaves it out there. */
const isConstantOverflow = (error: unknown): boolean =>
  error instanceof TidemarkError && error.position !== undefined && error.message.startsWith('integer overflow in ')
const MOMENTS: ReadonlySet<Reading> = new Set<Reading>(['stddev', 'stddev_pop', 'variance'])
/** How many differences of a round are looked into. */
const MAX_DIFFERENCES = 3

/** Random queries over a random database, asked of engines and of DuckDB. */
export async function sqlRound({ seed, queries, kinds, peer }: RoundOptions): Promise<RoundResult> {
  const database = randomDatabase(new Dice(seed))
  await peer.load(database)
  const opened: OpenedEngine[] = []
  for (const kind of kinds) opened.push(await openKind(kind, database, new Dice(seed)))
  const engines = opened.map(({ engine }) => engine)
  const counts = { same: 0, 'both refuse': 0, 'peer cannot': 0, difference: 0 }
  const differences: string[] = []
  for (let k = 0; k < queries && differences.length < MAX_DIFFERENCES; k++) {
    const query = randomQuery(new Dice(seed * 1_000_003 + k), database)
    const verdict = await judge(query, engines, peer)
    counts[verdict.kind]++
    if (verdict.kind === 'difference')
      differences.push(
        `seed ${seed}, query ${k}, ${kinds.join(' and ')}: ${await describe(query, verdict, { engines, peer })}`,
      )
  }
  for (const { close } of opened) await close()
  return { counts, differences }
}

interface Parties {
  engines: readonly Engine[]
  peer: Peer
}

async function describe(
  query: QueryTree,
  verdict: Extract<Verdict, { kind: 'difference' }>,
  { engines, peer }: Parties,
): Promise<string> {
  const isLike = (other: Verdict): other is typeof verdict => {
    if (other.kind !== 'difference' || other.class !== verdict.class) return false
    // Where the item of a group is left out, the group comes by itself here.
    if (/columns instead/.test(other.detail)) return false
    return verdict.class === 'rows' || verdict.class === 'engines' || head(other.detail) === head(verdict.detail)
  }
  const smallest = await shrinkQuery(query, async (smaller) => isLike(await judge(smaller, engines, peer)))
  const known = await judge(smallest, engines, peer)
  const detail = isLike(known) ? known.detail : verdict.detail
  return `${verdict.class}: ${detail}\n  ours   ${printQuery(smallest, 'ours')}\n  theirs ${printQuery(smallest, 'theirs')}`
}

/** What an error says but for names and numbers. */
function head(detail: string): string {
  return detail.split('\n')[0]?.replaceAll(/["'(].*|\d+/g, '') ?? ''
}

/** Asks all. A difference of rows is one of values, of their number or, where the query says one, of their order. */
export async function judge(query: QueryTree, engines: readonly Engine[], peer: Peer): Promise<Verdict> {
  const text = printQuery(query, 'ours')
  const theirs = await answerOf(() => peer.ask(printQuery(query, 'theirs')))
  const answers = await Promise.all(engines.map((engine) => answerOf(() => ask(engine, text))))
  const [ours, ...others] = answers
  if (ours === undefined) throw new Error('there is no engine')
  const readings = itemsOf(query.body).map(({ reading }) => reading)
  for (const other of others) {
    const detail = inequality(ours, other, readings)
    if (detail !== undefined) return { kind: 'difference', class: 'engines', detail }
  }
  if ('error' in ours) {
    if ('error' in theirs) return { kind: 'both refuse' }
    if (isConstantOverflow(ours.error)) return { kind: 'peer cannot' }
    return { kind: 'difference', class: 'our error', detail: String(ours.error) }
  }
  if ('error' in theirs && PEER_LIMITS.some((limit) => limit.test(String(theirs.error)))) return { kind: 'peer cannot' }
  if ('error' in theirs) return { kind: 'difference', class: 'their error', detail: String(theirs.error) }
  for (const each of answers) {
    if ('error' in each) continue
    const comparing = { readings, isOrdered: query.orderBy.length > 0, hasMeans: /\b(avg|mean)\(/.test(text) }
    const detail = differenceOf(each.answer, theirs.answer, comparing)
    if (detail !== undefined) return { kind: 'difference', class: 'rows', detail }
  }
  return { kind: 'same' }
}

async function ask(engine: Engine, text: string): Promise<Batch> {
  return collectRows(await engine.query(text))
}

type Answer<T> = { answer: T } | { error: unknown }

async function answerOf<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { answer: await ask() }
  } catch (error) {
    if (error instanceof Error && !(error instanceof TidemarkError) && !error.message.includes('Error:')) throw error
    return { error }
  }
}

/**
 * Where two of our answers are not the same bit for bit. Moments depend in their last bits on where blocks are cut; they are
 * only as near to the peer's as they have to be.
 */
function inequality(a: Answer<Batch>, b: Answer<Batch>, readings: readonly Reading[]): string | undefined {
  if ('error' in a || 'error' in b) {
    const [left, right] = [a, b].map((each) => ('error' in each ? String(each.error) : 'an answer'))
    return left === right ? undefined : `${left} and ${right}`
  }
  const [left, right] = [a.answer, b.answer].map((batch) => {
    return [batch.columns.map(({ name, type }) => `${name} ${type}`), ...rowsOf(batch)]
  })
  const isUnlike = (value: unknown, r: number, c: number): boolean => {
    const other = right?.[r]?.[c]
    if (Object.is(value, other)) return false
    return !(MOMENTS.has(readings[c] ?? 'same') && typeof value === 'number' && typeof other === 'number')
  }
  const place = left?.findIndex((row, r) => row.some((value, c) => isUnlike(value, r, c))) ?? -1
  if (place < 0 && left?.length === right?.length) return undefined
  return `row ${place - 1}: ${left?.[place]?.join(' | ')} and ${right?.[place]?.join(' | ')}`
}
