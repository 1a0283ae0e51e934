import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import * as zlib from 'node:zlib'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { FilePart, FileRequest } from '../../engine/engine.ts'
import { readArrow } from '../../engine/ingest/arrow-file.ts'
import { type ParquetCodecs, readParquet } from '../../engine/ingest/parquet-file.ts'
import { countedBytes } from './counted-bytes.ts'

export type BinaryKind = 'parquet' | 'arrow'

const KIND_BYTES = 6

/** Whether a file is Parquet or Arrow's IPC, by its first bytes. Throws `io`. */
export async function binaryKind(path: string): Promise<BinaryKind | undefined> {
  const file = await opened(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(KIND_BYTES), 0, KIND_BYTES, 0)
    const start = buffer.toString('latin1', 0, bytesRead)
    if (start.startsWith('PAR1')) return 'parquet'
    // A stream begins with the mark of a message.
    return start === 'ARROW1' || start.startsWith('\xff\xff\xff\xff') ? 'arrow' : undefined
  } finally {
    await file.close()
  }
}

/** The rows of such a file. Throws `io`, and what reading throws. */
export async function* binaryRows(
  kind: BinaryKind,
  request: FileRequest,
  onBytes: (bytes: number) => void,
): AsyncGenerator<FilePart> {
  if (kind === 'arrow') {
    yield* readArrow(countedBytes(createReadStream(request.path), onBytes), request)
    return
  }
  const file = await opened(request.path)
  try {
    const { size } = await file.stat()
    const slice = async (start: number, end: number = size): Promise<ArrayBuffer> => {
      onBytes(end)
      return placedBytes(file, start, end)
    }
    yield* readParquet({ byteLength: size, slice }, request, codecs())
  } finally {
    await file.close()
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    const file = await open(path)
    if ((await file.stat()).isFile()) return file
    await file.close()
    throw new Error('it is no file; expected one, which can be read twice, as a pipe cannot')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TidemarkError('io', `cannot read ${path}: ${reason}`, { cause: error })
  }
}

async function placedBytes(file: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const { size } = await file.stat()
  const [from, to] = [Math.max(0, start), Math.min(size, end)]
  const bytes = new Uint8Array(Math.max(0, to - from))
  let at = 0
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
    if (bytesRead === 0) throw new TidemarkError('io', 'the file has become shorter')
    at += bytesRead
  }
  return bytes.buffer
}

/** What the platform uncompresses; Zstandard is in Node from 22.15 on. */
function codecs(): ParquetCodecs {
  const { zstdDecompressSync } = zlib
  return {
    GZIP: (bytes, length) => zlib.gunzipSync(bytes, { maxOutputLength: length }),
    BROTLI: (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: length }),
    ...(typeof zstdDecompressSync === 'function' && {
      ZSTD: (bytes: Uint8Array, length: number) => zstdDecompressSync(bytes, { maxOutputLength: length }),
    }),
  }
}
