import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { collectRows, type Engine, openEngine } from '../../engine/engine.ts'
import { localFiles } from '../../relay/commands/local-files.ts'
import { rowsOf } from './plain-column.ts'

/** For each test a store in memory, and an empty folder whose files its statements name. */
export interface EngineBesideFiles {
  readonly folder: string
  readonly engine: Engine
  /** The path of a file in the folder. */
  at(name: string): string
  run(text: string): Promise<unknown[][]>
}

export function engineBesideFiles(): EngineBesideFiles {
  const files = localFiles()
  let open: { folder: string; engine: Engine } | undefined
  const now = (): { folder: string; engine: Engine } => {
    if (open === undefined) throw new Error('no test is running')
    return open
  }
  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-files-'))
    open = { folder, engine: await openEngine({ store: { kind: 'memory' }, workers: 0 }) }
  })
  afterEach(async () => {
    await open?.engine.close()
    if (open) await rm(open.folder, { recursive: true, force: true })
    open = undefined
  })
  return {
    get folder() {
      return now().folder
    },
    get engine() {
      return now().engine
    },
    at: (name) => join(now().folder, name),
    run: async (text) => rowsOf(await collectRows(await now().engine.query(text, { files }))),
  }
}
