/** The core exists twice, made from the same sources, with the same results: with vectors and, for engines without, scalar. */
export type CoreFile = 'core.wasm' | 'core-scalar.wasm'

/** What `loadCore` loads: a core, or the module of elementary functions, which any engine runs. */
export type ModuleFile = CoreFile | 'elementary.wasm'

/** A module of one function that makes a vector and drops it: `v128.const 0, drop`. */
const VECTOR_MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x17, 0x01, 0x15, 0x00, 0xfd, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b],
])

/** The file that an engine can run, which `validates` tells of a module. */
export function fittingCoreFile(
  validates: (module: BufferSource) => boolean = (module) => WebAssembly.validate(module),
): CoreFile {
  return validates(VECTOR_MODULE) ? 'core.wasm' : 'core-scalar.wasm'
}
