import { TidemarkError } from '../core/errors.ts'
import { fittingCoreFile, type ModuleFile } from './core-file.ts'

const cores = new Map<ModuleFile, Promise<WebAssembly.Module>>()

/**
 * The core that this engine can run, or another that is asked for, fetched from beside this script and compiled once; a later
 * call tries again where it failed.
 */
export function loadCore(file: ModuleFile = fittingCoreFile()): Promise<WebAssembly.Module> {
  let core = cores.get(file)
  if (core === undefined) {
    core = fetchCore(urlOf(file)).catch((error: unknown) => {
      cores.delete(file)
      throw error
    })
    cores.set(file, core)
  }
  return core
}

/** Bundlers find files by these expressions as they stand. */
function urlOf(file: ModuleFile): URL {
  if (file === 'elementary.wasm') return new URL('../../elementary.wasm', import.meta.url)
  if (file === 'core-scalar.wasm') return new URL('../../core-scalar.wasm', import.meta.url)
  return new URL('../../core.wasm', import.meta.url)
}

async function fetchCore(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url)
  if (!response.ok) throw new TidemarkError('io', `${url.href} answered ${response.status}`)
  // Streaming compilation refuses any other type, and some static hosts do not know this one.
  if (response.headers.get('Content-Type') === 'application/wasm') return WebAssembly.compileStreaming(response)
  return WebAssembly.compile(await response.arrayBuffer())
}
