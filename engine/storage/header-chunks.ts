import type { DenseModel } from '../kernel/dense-models.ts'
import { HEADER_BYTES } from '../kernel/header.ts'
import { SEGMENT_HEADER_BYTES } from './segment-format.ts'
import type { SeriesLayouts } from './segment-places.ts'

/** Headers that are read and decoded together: those of series that follow each other, until there are so many blocks. */
export const CHUNK_BLOCKS = 4096

/** Some series that follow each other: where they end, and how many blocks they have. */
export interface SeriesRun {
  end: number
  blocks: number
}

/** How series, by their numbers of blocks, share chunks. */
export function chunksOf(blocksOf: Iterable<number>): SeriesRun[] {
  const chunks: SeriesRun[] = []
  let end = 0
  let blocks = 0
  for (const own of blocksOf) {
    end++
    blocks += own
    if (blocks < CHUNK_BLOCKS) continue
    chunks.push({ end, blocks })
    blocks = 0
  }
  if (blocks > 0) chunks.push({ end, blocks })
  return chunks
}

/** What an index says of the chunks: bytes of each, bytes of the payloads of its blocks, checksum. */
export interface ChunkSizes {
  bytes: Uint32Array
  payloadBytes: Uint32Array
  checksums: Uint32Array
}

/** Where the chunks of headers of a segment are. Lists of borders begin with 0 or the first place and end with where the last chunk ends. */
export interface HeaderChunks {
  /** Borders in the series, in the blocks, and in the file of payloads and headers. */
  series: Uint32Array
  blocks: Uint32Array
  payloads: Float64Array
  bytes: Float64Array
  checksums: Uint32Array
  models: readonly DenseModel[]
}

export function headerChunks(
  runs: readonly SeriesRun[],
  sizes: ChunkSizes,
  models: readonly DenseModel[],
): HeaderChunks {
  const payloads = borders(SEGMENT_HEADER_BYTES, sizes.payloadBytes)
  return {
    series: Uint32Array.from([0, ...runs.map(({ end }) => end)]),
    blocks: Uint32Array.from(
      borders(
        0,
        runs.map(({ blocks }) => blocks),
      ),
    ),
    payloads,
    bytes: borders(payloads.at(-1) ?? 0, sizes.bytes),
    checksums: sizes.checksums,
    models,
  }
}

/** The chunk of a segment whose headers are in one piece, which ends where its payloads do. */
export function wholeChunk(layouts: SeriesLayouts, payloadsEnd: number): HeaderChunks {
  return {
    series: Uint32Array.of(0, layouts.count),
    blocks: Uint32Array.of(0, layouts.blocks),
    payloads: Float64Array.of(SEGMENT_HEADER_BYTES, payloadsEnd),
    bytes: Float64Array.of(payloadsEnd, payloadsEnd),
    checksums: Uint32Array.of(0),
    models: [],
  }
}

/** The chunk that has a block. */
export function chunkOf({ blocks }: HeaderChunks, block: number): number {
  let low = 0
  let high = blocks.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((blocks[middle] as number) <= block) low = middle
    else high = middle - 1
  }
  return low
}

/** Bytes of header and payload of a block, as those of its chunk have on average. */
export function bytesOfBlock(chunks: HeaderChunks, block: number): number {
  const chunk = chunkOf(chunks, block)
  const width = (all: ArrayLike<number>): number => (all[chunk + 1] as number) - (all[chunk] as number)
  return HEADER_BYTES + width(chunks.payloads) / width(chunks.blocks)
}

function borders(first: number, sizes: Iterable<number>): Float64Array {
  const found = [first]
  for (const size of sizes) found.push((found.at(-1) as number) + size)
  return Float64Array.from(found)
}
