import { TidemarkError } from '../../core/errors.ts'
import type { TableRows } from '../../core/rows.ts'
import type { StoreDefinitions } from './store-definitions.ts'
import { rejectLater, type WriteResult } from './write-result.ts'

const REASON = 'is a materialised view, whose rows are the answer of its query; expected a table'

/** Keeps what programs write and delete away from the rows of views, which must agree with what their queries answer. */
export class ViewGuard {
  readonly #definitions: Pick<StoreDefinitions, 'view'>

  constructor(definitions: Pick<StoreDefinitions, 'view'>) {
    this.#definitions = definitions
  }

  isView(table: string): boolean {
    return this.#definitions.view(table) !== undefined
  }

  /** Throws `invalid` where the table is a view. */
  check(table: string): void {
    if (this.isView(table)) throw new TidemarkError('invalid', `'${table}' ${REASON}`)
  }

  /** Has the result tell that rows were rejected, since their table is a view. */
  reject({ table, time }: TableRows, result: WriteResult): void {
    rejectLater(result, time.length, `'${table}' ${REASON}`)
  }
}
