import type { Batch } from '../../core/batch.ts'
import type { Queryable } from '../../core/plan.ts'
import type { ReadCounts } from '../../core/read-counts.ts'
import { inputsOf, type PlanNode } from '../plan/node.ts'
import type { Batches, OperatorTrace, QueryRun } from './operator.ts'
import type { QueryReads } from './query-reads.ts'

/** What an operator of a plan did. */
export interface NodeFigures {
  rows: number
  batches: number
  /** Until its rows were there, with those of its inputs, in milliseconds; what is done with the rows in between is not in it. */
  ms: number
  /** The same without its inputs. */
  ownMs: number
  /** Of a scan: what each host did. */
  hosts: readonly ReadCounts[]
}

interface Followed {
  rows: number
  batches: number
  ms: number
  reader?: string
}

export interface TraceParts {
  /** A clock for lengths of time, in milliseconds. */
  stopwatch: () => number
  /** What a scan reads through, so that its figures are its own; absent: hosts do not count. */
  openReads?: (() => QueryReads) | undefined
}

/** Follows the operators of a plan while they run. */
export class PlanTrace implements OperatorTrace {
  readonly #parts: TraceParts
  readonly #nodes = new Map<PlanNode, Followed>()

  constructor(parts: TraceParts) {
    this.#parts = parts
  }

  /** The rows of a node, which are counted as they come. */
  async *follow(node: PlanNode, operate: (run: QueryRun) => Batches, run: QueryRun): AsyncGenerator<Batch> {
    const { stopwatch, openReads } = this.#parts
    const followed: Followed = this.#nodes.get(node) ?? { rows: 0, batches: 0, ms: 0 }
    this.#nodes.set(node, followed)
    const reads = 'scan' in node ? openReads?.() : undefined
    if (reads) followed.reader = reads.reader.id
    let begun = stopwatch()
    const rows = operate(reads ? { ...run, queryable: reads } : run)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await rows.next()
        followed.ms += stopwatch() - begun
        if (done) return
        followed.rows += value.rows
        followed.batches++
        yield value
        begun = stopwatch()
      }
    } finally {
      await rows.return?.()
    }
  }

  /** What each node did; of one that did not run nothing. */
  async figures(queryable: Pick<Queryable, 'readCounts'>): Promise<Map<PlanNode, NodeFigures>> {
    const readers = [...this.#nodes.values()].flatMap(({ reader }) => reader ?? [])
    const counts = new Map<string, readonly ReadCounts[]>()
    const found = (await queryable.readCounts?.(readers)) ?? []
    readers.forEach((reader, i) => {
      counts.set(reader, found[i] ?? [])
    })
    const figures = new Map<PlanNode, NodeFigures>()
    for (const [node, { rows, batches, ms, reader }] of this.#nodes) {
      const below = inputsOf(node).reduce((sum, input) => sum + (this.#nodes.get(input)?.ms ?? 0), 0)
      const hosts = reader === undefined ? [] : (counts.get(reader) ?? [])
      figures.set(node, { rows, batches, ms, ownMs: Math.max(0, ms - below), hosts })
    }
    return figures
  }
}
