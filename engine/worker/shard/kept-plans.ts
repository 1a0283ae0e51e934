/** Plans that were asked once are remembered, so many: a plan's states are kept from the second time on. */
export const MAX_REMEMBERED_PLANS = 4096
/** One plan may take this part of the budget. */
const MOST_OF_BUDGET = 1 / 8
/** After an eviction so much of the budget is in use. */
const EVICT_TO = 7 / 8

/** What of a plan decides whether it stays. */
export interface KeptPlan {
  bytes: number
  /** Milliseconds that it took to make. */
  cost: number
  /** By GreedyDual-Size (Cao and Irani, 1997): the least one goes first. */
  priority: number
}

/** What is kept of plans, by their keys, within a budget of bytes; and which were asked before. */
export class KeptPlans<Kept extends KeptPlan> {
  readonly budgetBytes: number
  readonly #kept = new Map<string, Kept>()
  /** Keys that were asked and are not kept, from the oldest. */
  readonly #remembered = new Set<string>()
  #bytes = 0
  /** The priority of the last plan that had to go. */
  #inflation = 0

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#kept.size
  }

  get(key: string): Kept | undefined {
    return this.#kept.get(key)
  }

  values(): IterableIterator<Kept> {
    return this.#kept.values()
  }

  /** Whether the plan is kept or was asked before; remembers it. */
  isKnown(key: string): boolean {
    if (this.#kept.has(key)) return true
    const known = this.#remembered.delete(key)
    this.#remembered.add(key)
    if (this.#remembered.size > MAX_REMEMBERED_PLANS) {
      for (const oldest of this.#remembered) {
        this.#remembered.delete(oldest)
        break
      }
    }
    return known
  }

  /** Keeps a plan, in place of what is kept of it; not one that would take too much. */
  keep(key: string, plan: Kept): void {
    this.drop(key)
    if (plan.bytes > this.budgetBytes * MOST_OF_BUDGET) {
      this.forget(key)
      return
    }
    this.use(plan)
    this.#kept.set(key, plan)
    this.#bytes += plan.bytes
    if (this.#bytes > this.budgetBytes) this.#evict()
  }

  /** A plan that is kept was asked. */
  use(plan: KeptPlan): void {
    plan.priority = this.#inflation + plan.cost / plan.bytes
  }

  /** A plan that is kept takes so many bytes from now on. */
  resize(plan: Kept, bytes: number): void {
    this.#bytes += bytes - plan.bytes
    plan.bytes = bytes
  }

  drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0
    this.#kept.delete(key)
  }

  /** As if a plan that is not kept had not been asked. */
  forget(key: string): void {
    this.#remembered.delete(key)
  }

  clear(): void {
    this.#kept.clear()
    this.#bytes = 0
  }

  #evict(): void {
    const byPriority = [...this.#kept].sort(([, a], [, b]) => a.priority - b.priority)
    for (const [key, { priority }] of byPriority) {
      if (this.#bytes <= this.budgetBytes * EVICT_TO) return
      this.#inflation = priority
      this.drop(key)
    }
  }
}
