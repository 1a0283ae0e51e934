import { readFile } from 'node:fs/promises'

/** Takes the place of the loader for Node where tests run once more with the scalar core. */
export async function loadCore(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('../../core-scalar.wasm', import.meta.url)))
}
