import type { TableInfo } from '../../core/plan.ts'
import { type WindowStore, writeWindows } from './rollup-rows.ts'
import type { Rollups } from './rollups.ts'

export interface RefreshOptions extends Pick<WindowStore, 'hosts' | 'append'> {
  rollups: Rollups
  /** Resolves when all rows so far are visible. */
  applied(): Promise<unknown>
  now(): bigint
  table(name: string): TableInfo | undefined
  expiry(table: string): bigint | undefined
}

/** Writes the windows of rollups that are over and whose rows have changed; one run at a time. */
export class RollupRefresh {
  readonly #options: RefreshOptions
  #running: Promise<void> | undefined

  constructor(options: RefreshOptions) {
    this.#options = options
  }

  /** Who calls while it runs gets that run. Windows stay stale where it fails. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#running])
  }

  /** Runs a task while no window is computed: what it takes away would come back in the window. */
  async without<T>(task: () => Promise<T>): Promise<T> {
    while (this.#running) await this.settled()
    const result = task()
    const end = result.then(ignore, ignore).finally(() => {
      if (this.#running === end) this.#running = undefined
    })
    this.#running = end
    return result
  }

  async #run(): Promise<void> {
    const { rollups, hosts, append, applied, now, table, expiry } = this.#options
    const due = rollups.takeDue(now())
    try {
      // Rows that made these windows stale may be on their way to the hosts.
      if (due.length > 0) await applied()
      for (const windows of due) {
        await writeWindows(windows, { table: table(windows.table), expiry: expiry(windows.table), hosts, append })
        rollups.written(windows)
      }
    } catch (error) {
      for (const windows of due) rollups.failed(windows)
      throw error
    }
  }
}

function ignore(): void {
  // Who called the task gets its error.
}
