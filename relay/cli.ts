#!/usr/bin/env node
// This file stays small: it is read by a Node that may be too old for all others.
import { setFlagsFromString } from 'node:v8'

const NEEDED = [22, 12] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    `tidemark needs Node ${NEEDED.join('.')} or newer and this is ${process.versions.node}; see https://nodejs.org\n`,
  )
  process.exit(1)
}
if (process.argv[2] === 'serve') (await import('./young-memory.ts')).boundYoungMemory()
// V8 of Node 24 can end a process in freeing compiled WebAssembly while threads come and go (nodejs/node#64500). What is kept
// instead are a few megabytes.
setFlagsFromString('--no-wasm-code-gc')
const { runCommandLine } = await import('./command-line.ts')
await runCommandLine(process.argv)
