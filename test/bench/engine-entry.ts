import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const SOURCES = ['engine', 'relay', 'core.wasm'] as const
/** What is measured of the engine and of the command: the built package as its users run it, or the sources. */
const ENTRIES = {
  dist: { engine: 'dist/node/bundle/engine.js', command: 'dist/node/bundle/cli.js' },
  sources: { engine: 'engine/engine.ts', command: 'relay/cli.ts' },
} as const

export interface EngineEntry {
  from: keyof typeof ENTRIES
  /** Absolute paths. */
  engine: string
  command: string
}

function changedMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  return stat.isDirectory()
    ? Math.max(0, ...readdirSync(path).map((name) => changedMs(join(path, name))))
    : stat.mtimeMs
}

/**
 * The package where it is built and no source has changed since, else the sources; or what is asked for. Sources take time and memory in each thread
 * for their types to be stripped.
 */
export function engineEntry(asked?: string): EngineEntry {
  const builtMs = changedMs(join(ROOT, ENTRIES.dist.engine))
  const isFresh = SOURCES.every((name) => changedMs(join(ROOT, name)) <= builtMs)
  const from = asked ?? (isFresh ? 'dist' : 'sources')
  if (from !== 'dist' && from !== 'sources') throw new Error(`--from is dist or sources, not '${from}'`)
  if (from === 'dist' && !isFresh) throw new Error('dist/ is older than the sources: build it first')
  return { from, engine: join(ROOT, ENTRIES[from].engine), command: join(ROOT, ENTRIES[from].command) }
}
