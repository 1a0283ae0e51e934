import type { ColumnRows, ResolvedRows } from '../../core/rows.ts'
import type { GroupEncoder } from '../../kernel/group-encoder.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Faults } from '../faults.ts'
import { LEAST_GROUPED_PARTS, resolveRows } from '../write/column-rows.ts'
import type { groupedParts } from '../write/grouped-parts.ts'

interface Loaded {
  kernel: Kernel
  encoder: GroupEncoder
  groupedParts: typeof groupedParts
}

/**
 * Encodes rows by column in the thread that appends them, so that what goes to the writer is a fifteenth of them. The core for it is
 * loaded when there are rows to encode; until it is there these go as they are, in their order. Where it does not load that is a fault
 * of the store, and the next such rows try again.
 */
export class CallerGroups {
  readonly #loadCore: () => Promise<WebAssembly.Module>
  readonly #faults: Faults
  #loaded: Loaded | undefined
  #loading: Promise<void> | undefined

  constructor(loadCore: () => Promise<WebAssembly.Module>, faults: Faults) {
    this.#loadCore = loadCore
    this.#faults = faults
  }

  /** Rows with their series told apart, the first parts as groups as far as they are better that way. Throws `invalid`. */
  resolve(columns: ColumnRows): ResolvedRows {
    const rows = resolveRows(columns, this.#loaded?.kernel)
    if (rows.parts.length < LEAST_GROUPED_PARTS) return rows
    if (this.#loaded === undefined) {
      this.#loading ??= this.#load()
        .catch((error: unknown) => this.#faults.report('encoding of appended columns', error))
        .finally(() => {
          this.#loading = undefined
        })
      return rows
    }
    const { encoder, groupedParts } = this.#loaded
    const encoded = [...groupedParts(encoder, rows.parts, rows.keys.ends.length)]
    const grouped = encoded.reduce((total, { parts }) => total + parts.length, 0)
    return { ...rows, groups: encoded.map(({ groups }) => groups), parts: rows.parts.slice(grouped) }
  }

  async #load(): Promise<void> {
    const [core, { Kernel }, { GroupEncoder }, { groupedParts }] = await Promise.all([
      this.#loadCore(),
      import('../../kernel/kernel.ts'),
      import('../../kernel/group-encoder.ts'),
      import('../write/grouped-parts.ts'),
    ])
    const kernel = await Kernel.create(core)
    this.#loaded = { kernel, encoder: new GroupEncoder(kernel), groupedParts }
  }
}
