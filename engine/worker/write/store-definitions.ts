import type { TableDefinition, ViewInfo } from '../../core/definition.ts'
import { TidemarkError } from '../../core/errors.ts'
import {
  type DefinitionRecord,
  type Definitions,
  definitionText,
  MAX_DEFINITIONS_LENGTH,
} from '../../storage/definition.ts'

/** What statements have defined in a store, as it is now. */
export class StoreDefinitions {
  readonly #tables: Map<string, TableDefinition>
  readonly #views: Map<string, string>

  constructor({ tables, views }: Definitions) {
    this.#tables = new Map(tables)
    this.#views = new Map(views)
  }

  get views(): readonly ViewInfo[] {
    return Array.from(this.#views, ([name, definition]) => ({ name, definition }))
  }

  table(name: string): TableDefinition | undefined {
    return this.#tables.get(name)
  }

  view(name: string): string | undefined {
    return this.#views.get(name)
  }

  /** All of them, for a manifest. */
  kept(): Definitions {
    return { tables: new Map(this.#tables), views: new Map(this.#views) }
  }

  /** Throws `quota` where all definitions would be too long together. */
  checkRoom(added: DefinitionRecord): void {
    const others = [...this.#records()].filter(({ kind, name }) => kind !== added.kind || name !== added.name)
    const length = [...others, added].reduce((sum, one) => sum + one.name.length + definitionText(one).length, 0)
    if (length <= MAX_DEFINITIONS_LENGTH) return
    const message = `the definitions of all tables and views would have ${length} characters, at most ${MAX_DEFINITIONS_LENGTH} are possible`
    throw new TidemarkError('quota', message)
  }

  set(defined: DefinitionRecord): void {
    if (defined.kind === 'table') put(this.#tables, defined.name, defined.definition)
    else put(this.#views, defined.name, defined.definition)
  }

  *#records(): Generator<DefinitionRecord> {
    for (const [name, definition] of this.#tables) yield { kind: 'table', name, definition }
    for (const [name, definition] of this.#views) yield { kind: 'view', name, definition }
  }
}

function put<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name)
  else map.set(name, value)
}
