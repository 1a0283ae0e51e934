import type { Changeable, ViewChanges } from '../core/changeable.ts'
import type { Clock } from '../core/clock.ts'
import type { Catalog, Queryable } from '../core/plan.ts'
import { systemTimers, type Timers } from '../core/timers.ts'
import type { ViewRefresher, ViewStore } from './view-refresher.ts'

export interface LoadedViewsOptions {
  queryable: Queryable
  changeable: Omit<Changeable, 'views'>
  store: ViewStore
  /** What there is now, and not what queries keep of it. */
  readCatalog(): Promise<Catalog>
  clock: Clock
  timers?: Timers
}

interface Loaded {
  refresher: ViewRefresher
  changes: ViewChanges
}

/** The views of an engine. What makes and refreshes them is loaded once there is one. */
export class LoadedViews implements ViewChanges {
  readonly #options: LoadedViewsOptions
  #loaded: Promise<Loaded> | undefined
  #isClosed = false

  constructor(options: LoadedViewsOptions) {
    this.#options = options
  }

  /** Begins to refresh, if there are views. To be called when there may be new ones. */
  async look(): Promise<void> {
    // Whoever asks next hears why the catalog cannot be read.
    const { views } = await this.#options.readCatalog().catch(() => ({ views: undefined }))
    if (views !== undefined && !this.#isClosed) await (await this.#load()).refresher.start()
  }

  create: ViewChanges['create'] = async (definition) => (await this.#load()).changes.create(definition)
  alter: ViewChanges['alter'] = async (definition) => (await this.#load()).changes.alter(definition)
  drop: ViewChanges['drop'] = async (name) => (await this.#load()).changes.drop(name)
  refresh: ViewChanges['refresh'] = async (name, within) => (await this.#load()).changes.refresh(name, within)

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await (await this.#loaded)?.refresher.close()
  }

  #load(): Promise<Loaded> {
    this.#loaded ??= this.#open()
    return this.#loaded
  }

  async #open(): Promise<Loaded> {
    const [{ ViewRefresher }, { viewChanges }] = await Promise.all([
      import('./view-refresher.ts'),
      import('./view-changes.ts'),
    ])
    const { timers = systemTimers, changeable, ...options } = this.#options
    const refresher = new ViewRefresher({ ...options, timers })
    return { refresher, changes: viewChanges(changeable, refresher) }
  }
}
