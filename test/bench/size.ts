// `node test/bench/size.ts`: bytes that a page loads to have the engine, compressed.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const ROOT = join(import.meta.dirname, '..', '..')
/** ARCHITECTURE: core and engine JavaScript, before any optional part is loaded. */
const GOAL_BYTES = 300_000
const NAMED_FILES = 8

export interface FileSize {
  name: string
  bytes: number
  gzipBytes: number
}

function sizeOf(name: string, content: string | Uint8Array): FileSize {
  const bytes = Buffer.from(content)
  return { name, bytes: bytes.length, gzipBytes: gzipSync(bytes, { level: 9 }).length }
}

/** Parts that are imported when they are needed, but that opening a store in a browser always needs. */
const ALWAYS_NEEDED = /^browser-/

/** Files that a browser loads to open a store: the entry, what one of them imports at once, workers. Others load on first use. */
function needed(files: ReadonlyMap<string, string>, entry: string): Set<string> {
  const found = new Set([entry])
  for (const name of found) {
    const text = files.get(name) ?? ''
    for (const other of files.keys()) {
      const isImported = [`from"./${other}"`, `from"../${other}"`, `import"./${other}"`].some((form) =>
        text.includes(form),
      )
      if (isImported || (ALWAYS_NEEDED.test(other) && text.includes(other))) found.add(other)
    }
  }
  return found
}

/** The core and the scripts of the engine that a browser loads before any optional part: of the cold tier, of regular expressions. */
export async function engineSizes(): Promise<FileSize[]> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: ROOT,
    build: {
      write: false,
      target: 'esnext',
      rolldownOptions: { input: join(ROOT, 'engine', 'engine.ts'), preserveEntrySignatures: 'strict' },
    },
    worker: { format: 'es' },
  })
  if (!('output' in built)) throw new Error('expected the output of one bundle')
  const scripts = built.output.filter((file) => file.fileName.endsWith('.js'))
  const texts = new Map(
    scripts.map((file) => [basename(file.fileName), file.type === 'chunk' ? file.code : String(file.source)]),
  )
  const entry = scripts.find((file) => file.type === 'chunk' && file.isEntry)
  if (entry === undefined) throw new Error('the bundle has no entry')
  const names = [...needed(texts, basename(entry.fileName))]
  const core = sizeOf('core.wasm', readFileSync(join(ROOT, 'core.wasm')))
  return [core, ...names.map((name) => sizeOf(name, texts.get(name) ?? ''))]
}

/** One line for a person: the sum against the goal, and the largest files. */
export function describeSizes(sizes: readonly FileSize[]): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  const total = sizes.reduce((sum, file) => sum + file.gzipBytes, 0)
  const largest = sizes.toSorted((a, b) => b.gzipBytes - a.gzipBytes).slice(0, NAMED_FILES)
  const files = largest.map((file) => `${file.name} ${kilobytes(file.gzipBytes)}`).join(', ')
  const verdict = total <= GOAL_BYTES ? 'within' : 'beyond'
  return `core + engine, gzip: ${kilobytes(total)}, ${verdict} the goal of ${kilobytes(GOAL_BYTES)} (${sizes.length} files, the largest: ${files})`
}

if (import.meta.main) console.log(describeSizes(await engineSizes()))
