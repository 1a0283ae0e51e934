import { TidemarkError } from '../core/errors.ts'

let core: Promise<WebAssembly.Module> | undefined

/** The core, fetched from beside this script and compiled once; a later call tries again where it failed. */
export function loadCore(): Promise<WebAssembly.Module> {
  core ??= fetchCore().catch((error: unknown) => {
    core = undefined
    throw error
  })
  return core
}

async function fetchCore(): Promise<WebAssembly.Module> {
  const url = new URL('../../core.wasm', import.meta.url)
  const response = await fetch(url)
  if (!response.ok) throw new TidemarkError('io', `${url.href} answered ${response.status}`)
  // Streaming compilation refuses any other type, and some static hosts do not know this one.
  if (response.headers.get('Content-Type') === 'application/wasm') return WebAssembly.compileStreaming(response)
  return WebAssembly.compile(await response.arrayBuffer())
}
