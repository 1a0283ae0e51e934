/** Names of families and of the modes of their integer streams, by id; drawn in wasm/codec/FORMAT.md. Ids are only appended. */
const FAMILIES = [undefined, 'integers', 'decimals', 'float bits', 'times', 'dictionary', 'split floats'] as const
const MODES = [
  undefined,
  'constant',
  'linear',
  'runs',
  'frame',
  'wide frame',
  'delta',
  'wide delta',
  'second delta',
  'raw',
  'dense',
  'byte frame',
  'byte delta',
  'short frame',
  'short delta',
] as const

const DENSE_MODE = 10
/** Bits of the first byte of a dense model, as drawn in wasm/dense/FORMAT.md. */
const MODEL_KINDS = [
  [8, 'through float32'],
  [16, 'periodic'],
  [32, 'in pairs'],
] as const

/**
 * The name of the encoding that a block's header has in its first byte, such as `decimals, byte delta`; of a dense block
 * with what its model says, such as `decimals, dense, periodic`.
 */
export function encodingName(encoding: number, model?: Uint8Array): string {
  const family = FAMILIES[encoding >> 4]
  const mode = MODES[encoding & 15]
  if (family === undefined || mode === undefined) return `unknown (${encoding})`
  const kind = (encoding & 15) === DENSE_MODE ? (model?.[0] ?? 0) : 0
  return [family, mode, ...MODEL_KINDS.filter(([bit]) => (kind & bit) !== 0).map(([, name]) => name)].join(', ')
}
