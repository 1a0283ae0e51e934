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

/** The name of the encoding that a block's header has in its first byte, such as `decimals, byte delta`. */
export function encodingName(encoding: number): string {
  const family = FAMILIES[encoding >> 4]
  const mode = MODES[encoding & 15]
  return family === undefined || mode === undefined ? `unknown (${encoding})` : `${family}, ${mode}`
}
