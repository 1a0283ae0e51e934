import type { BlockRun } from '../../engine/kernel/block-run.ts'
import type { DenseModel } from '../../engine/kernel/dense-models.ts'

/** A block, the first of its headers, as a run of one. */
export function oneBlock(headers: Uint8Array, payload: Uint8Array, model?: DenseModel): BlockRun {
  return { headers, first: 0, count: 1, payloads: payload, modelOf: () => model }
}
