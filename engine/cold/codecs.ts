import { TidemarkError } from '../core/errors.ts'

export interface Zstd {
  compress(bytes: Uint8Array): Uint8Array
  /** `length` is the number of bytes that come out. */
  decompress(bytes: Uint8Array, length: number): Uint8Array
}

/** How pages of a Parquet file are compressed; the libraries bring Snappy. */
export interface Codecs {
  /** What new files are written with. */
  write: 'ZSTD' | 'SNAPPY'
  compressors: { ZSTD?: (bytes: Uint8Array) => Uint8Array }
  decompressors: { ZSTD: (bytes: Uint8Array, length: number) => Uint8Array }
}

/** Cold files are written once: 9 saves about a tenth over the default of 3 and is no slower to read. */
const ZSTD_LEVEL = 9

let loading: Promise<Codecs> | undefined

/** Zstandard of the platform or of a library; where neither can be had, new files are Snappy and those of Zstandard an error. */
export function loadCodecs(): Promise<Codecs> {
  loading ??= load()
  return loading
}

async function load(): Promise<Codecs> {
  const zstd = await loadZstd()
  if (zstd instanceof Error) {
    return {
      write: 'SNAPPY',
      compressors: {},
      decompressors: {
        ZSTD: () => {
          throw new TidemarkError('io', `Zstandard cannot be loaded: ${zstd.message}`, { cause: zstd })
        },
      },
    }
  }
  return { write: 'ZSTD', compressors: { ZSTD: zstd.compress }, decompressors: { ZSTD: zstd.decompress } }
}

async function loadZstd(): Promise<Zstd | Error> {
  try {
    if (globalThis.process?.versions?.node !== undefined) {
      const { nodeZstd } = await import('./node-zstd.ts')
      const own = nodeZstd(ZSTD_LEVEL)
      if (own) return own
    }
    return await loadWasmZstd()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The same in WebAssembly, for browsers and older Nodes. */
export async function loadWasmZstd(): Promise<Zstd> {
  const { init, compress, decompress } = await import('@bokuweb/zstd-wasm')
  await init()
  return {
    compress: (bytes) => compress(bytes, ZSTD_LEVEL),
    // It makes room for as much as a frame says; frames that come here are of a file whose checksum has been checked.
    decompress: (bytes, length) => decompress(bytes, { defaultHeapSize: Math.max(length, 1) }),
  }
}
