// `node test/bench/size.ts`: bytes that a page loads to have the engine, compressed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const ROOT = join(import.meta.dirname, '..', '..')
/** ARCHITECTURE: core and engine JavaScript, before any optional part is loaded. */
const GOAL_BYTES = 300_000

export interface FileSize {
  name: string
  bytes: number
  gzipBytes: number
}

function sizeOf(name: string, content: string | Uint8Array): FileSize {
  const bytes = Buffer.from(content)
  return { name, bytes: bytes.length, gzipBytes: gzipSync(bytes, { level: 9 }).length }
}

/** The core and every script of the engine's bundle for browsers, workers and parts that load later included. */
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
  const scripts = built.output
    .filter((file) => file.fileName.endsWith('.js'))
    .map((file) => sizeOf(file.fileName, file.type === 'chunk' ? file.code : file.source))
  return [sizeOf('core.wasm', readFileSync(join(ROOT, 'core.wasm'))), ...scripts]
}

/** One line for a person: the sum against the goal, and each file. */
export function describeSizes(sizes: readonly FileSize[]): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  const total = sizes.reduce((sum, file) => sum + file.gzipBytes, 0)
  const files = sizes.map((file) => `${file.name} ${kilobytes(file.gzipBytes)}`).join(', ')
  const verdict = total <= GOAL_BYTES ? 'within' : 'beyond'
  return `core + engine, gzip: ${kilobytes(total)}, ${verdict} the goal of ${kilobytes(GOAL_BYTES)} (${files})`
}

if (import.meta.main) console.log(describeSizes(await engineSizes()))
