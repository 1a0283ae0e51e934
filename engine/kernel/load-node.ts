import { readFile } from 'node:fs/promises'

let core: Promise<WebAssembly.Module> | undefined

/** The core, read from the package and compiled once. */
export function loadCore(): Promise<WebAssembly.Module> {
  core ??= readFile(new URL('../../core.wasm', import.meta.url)).then((bytes) => WebAssembly.compile(bytes))
  return core
}
