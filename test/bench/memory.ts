// `node test/bench/memory.ts [--megabytes 1024]`: resident memory of a process with a store of so many megabytes of values, 8 bytes
// each: while it is loaded, while it is queried, and once appends have paused; then the last two of another process that opens the store. Of the
// built package where that is fresh, or `--from sources`.
// `--holders` adds what holds it at each of these times; `--series`, `--cache` in MB, `--rounds` of queries, `--rest` in seconds, `--workers`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { engineEntry } from './engine-entry.ts'

function run(command: readonly string[]): void {
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`it ended with ${status}`)
}

const args = process.argv.slice(2)
const asked = args.indexOf('--from')
const [, from] = asked < 0 ? [] : args.splice(asked, 2)
const entry = engineEntry(from)
console.log(`of ${entry.from === 'dist' ? 'the built package' : 'the sources'}`)
const outDir = mkdtempSync(join(tmpdir(), 'tidemark-memory-load-'))
try {
  // The process that is measured must not hold what strips types: 35 MB.
  const input = join(import.meta.dirname, 'memory-load.ts')
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: 'esnext',
      rolldownOptions: { input, output: { entryFileNames: '[name].mjs' } },
    },
  })
  const command = [join(outDir, 'memory-load.mjs'), entry.engine, join(outDir, 'store'), ...args]
  for (const process of ['that loads', 'that opens']) {
    console.log(`a process ${process} the store:`)
    run(command)
  }
} finally {
  rmSync(outDir, { recursive: true, force: true, maxRetries: 5 })
}
