import type { Batch } from '../../core/batch.ts'
import { checkSignal } from '../../core/cancellation.ts'
import type { Matcher } from '../../core/matcher.ts'
import { nextTurn } from '../../core/next-turn.ts'
import type { Queryable } from '../../core/plan.ts'
import type { PlanNode } from '../plan/node.ts'
import type { QueryMemory } from './memory.ts'

/** What the operators of one query share. */
export interface QueryRun {
  queryable: Queryable
  signal: AbortSignal | undefined
  memory: QueryMemory
  /** What scans are to test of their series besides, since others would find no match. */
  narrowed?: ReadonlyMap<PlanNode, readonly Matcher[]>
  /** Follows the operators, where their figures are asked for. */
  trace?: OperatorTrace
}

export interface OperatorTrace {
  /** The rows of a node, which comes to them by `operate`. */
  follow(node: PlanNode, operate: (run: QueryRun) => Batches, run: QueryRun): Batches
}

/** The rows of an operator, batch by batch. */
export type Batches = AsyncIterable<Batch>

/** To be called between batches. */
export function checkCancelled({ signal }: Pick<QueryRun, 'signal'>): void {
  checkSignal(signal)
}

/** After so long in an operator that waits for nobody, others get a turn, who may cancel the query. */
const TURN_MS = 10

/** Turns for others in a loop that waits for nobody. */
export class Turns {
  readonly #run: Pick<QueryRun, 'signal'>
  #began = performance.now()

  constructor(run: Pick<QueryRun, 'signal'>) {
    this.#run = run
  }

  /** To be awaited between batches. Throws `cancelled`. */
  async next(): Promise<void> {
    if (performance.now() - this.#began >= TURN_MS) {
      await nextTurn()
      this.#began = performance.now()
    }
    checkCancelled(this.#run)
  }
}
