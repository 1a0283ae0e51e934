import type { Catalog } from '../../core/plan.ts'
import type { Statement } from '../parse/statement.ts'
import type { QueryPlan } from '../plan/plan.ts'
import type { PlanTemplate } from './plan-template.ts'

/** Most statements that are kept, and most UTF-16 code units of their texts together, in proportion to which syntax takes memory. */
export const MAX_KNOWN_STATEMENTS = 512
export const MAX_KNOWN_TEXT: number = 128 * 1024

/** A text that has been parsed. The libraries that it calls are loaded. */
export interface KnownStatement {
  readonly statement: Statement
  /** Its last plan, where nothing but the text and the catalog is in it. */
  planned?: { readonly catalog: Catalog; readonly plan: QueryPlan }
  /** The same where a range of time is given with parameters; nothing where there is more in its plan. */
  template?: { readonly catalog: Catalog; readonly template: PlanTemplate | undefined }
}

/** Statements by their texts; those not asked for longest go first. */
export class KnownStatements {
  readonly #mostStatements: number
  readonly #mostText: number
  /** From the one not asked for longest. */
  readonly #statements = new Map<string, KnownStatement>()
  #text = 0

  constructor(mostStatements: number = MAX_KNOWN_STATEMENTS, mostText: number = MAX_KNOWN_TEXT) {
    this.#mostStatements = mostStatements
    this.#mostText = mostText
  }

  find(text: string): KnownStatement | undefined {
    const known = this.#statements.get(text)
    if (known === undefined) return undefined
    this.#statements.delete(text)
    this.#statements.set(text, known)
    return known
  }

  /** Keeps a statement, unless its text is longer than all may be together. */
  keep(text: string, known: KnownStatement): void {
    this.#forget(text)
    if (text.length > this.#mostText) return
    this.#statements.set(text, known)
    this.#text += text.length
    for (const oldest of this.#statements.keys()) {
      if (this.#statements.size <= this.#mostStatements && this.#text <= this.#mostText) return
      this.#forget(oldest)
    }
  }

  #forget(text: string): void {
    if (this.#statements.delete(text)) this.#text -= text.length
  }
}
