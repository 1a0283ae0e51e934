import type { EncodingUse } from '../../core/plan.ts'
import { compareUtf8 } from '../../core/series.ts'
import { encodingName } from '../../kernel/encoding-name.ts'
import type { Segment } from '../../storage/segment.ts'

/** Uses of encodings of several segments or hosts together: by column, those of most bytes first. */
export function mergeUses(found: Iterable<EncodingUse>): EncodingUse[] {
  const uses = new Map<string, EncodingUse>()
  for (const { column, encoding, blocks, values, bytes } of found) {
    const key = JSON.stringify([column, encoding])
    const known = uses.get(key) ?? { column, encoding, blocks: 0, values: 0, bytes: 0 }
    uses.set(key, {
      column,
      encoding,
      blocks: known.blocks + blocks,
      values: known.values + values,
      bytes: known.bytes + bytes,
    })
  }
  return [...uses.values()].sort(
    (a, b) => compareUtf8(a.column, b.column) || b.bytes - a.bytes || compareUtf8(a.encoding, b.encoding),
  )
}

/** Encodings of the blocks of some series of a segment, for each block one use. */
export function* blockUses(segment: Segment, refs: Iterable<number>): Generator<EncodingUse> {
  for (const { encoding, model, ...use } of segment.kept(refs))
    yield { ...use, encoding: encodingName(encoding, model), blocks: 1 }
}

/** How some segments keep the columns of some series. */
export async function usesOf(segments: readonly Segment[], refs: Uint32Array): Promise<EncodingUse[]> {
  const uses: EncodingUse[] = []
  for (const segment of segments) {
    await segment.prepare(refs)
    uses.push(...mergeUses(blockUses(segment, refs)))
  }
  return mergeUses(uses)
}
