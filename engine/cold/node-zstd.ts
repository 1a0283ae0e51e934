import * as zlib from 'node:zlib'
import type { Zstd } from './codecs.ts'

/** Node's own Zstandard; `undefined` before Node 22.15, which has none. */
export function nodeZstd(level: number): Zstd | undefined {
  if (typeof zlib.zstdCompressSync !== 'function') return undefined
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level }
  return {
    compress: (bytes) => zlib.zstdCompressSync(bytes, { params }),
    decompress: (bytes, length) => zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  }
}
