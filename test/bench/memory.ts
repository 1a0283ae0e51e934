// `node test/bench/memory.ts [--megabytes 1024]`: resident memory of a process with a store of so many megabytes of values, 8 bytes
// each: while it is loaded, while it is queried, and once appends have paused; of the built package where that is fresh, or `--from sources`.
// `--holders` adds what holds it at each of these times; `--series`, `--cache` in MB, `--rounds` of queries, `--rest` in seconds.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { engineEntry } from './engine-entry.ts'

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
      target: 'esnext',
      rolldownOptions: { input, output: { entryFileNames: '[name].mjs' } },
    },
  })
  const { status } = spawnSync(process.execPath, [join(outDir, 'memory-load.mjs'), entry.engine, ...args], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outDir, { recursive: true, force: true })
}
