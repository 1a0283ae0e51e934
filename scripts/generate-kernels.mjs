// Writes the bit-packing kernels: one straight-line function per width, since AssemblyScript has no templates by constant.
// `node scripts/generate-kernels.mjs` rewrites the files; a test compares them with what this makes.
//
// A group is 128 values in as many rows as a lane has bits: 32 rows of four 32-bit lanes, 16 of eight 16-bit ones or 8 of
// sixteen 8-bit ones. Row r of a lane takes its bits r * width and on, so that a group of width w is w vectors of 16 bytes
// and the first rows are in the first vectors.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BANNER = '// Made by scripts/generate-kernels.mjs; do not edit.\n'
const importOf = (lane) => `import { MASKS${lane} } from './masks'\n`

/** WebAssembly shifts 8-bit lanes by several instructions of the machine, so those are shifted as 16-bit ones and masked. */
const SHIFTED = { 8: 'i16x8', 16: 'i16x8', 32: 'i32x4' }
const SHAPES = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4' }

/** Name of a vector with the low `bits` bits of every lane. */
const maskName = (bits) => `low${bits}`

/**
 * Lines that load the masks that a text names. V8 makes a constant vector anew at each use, which takes longer than using one that
 * was loaded.
 */
function loadMasks(lane, text) {
  const bits = [...new Set([...text.matchAll(/\blow(\d+)\b/g)].map(([, digits]) => Number(digits)))].sort(
    (a, b) => a - b,
  )
  const size = lane / 8
  const at = (index) => (index === 0 ? `MASKS${lane}` : `MASKS${lane}, ${index * size}`)
  return bits.map((each) => `  const ${maskName(each)} = v128.load${lane}_splat(${at(each)})`)
}

/** The expression of one row, masked to its width, and the words that it reads. */
function rowExpression(lane, width, row) {
  const shape = SHIFTED[lane]
  const word = Math.floor((row * width) / lane)
  const shift = (row * width) % lane
  const low = shift === 0 ? `w${word}` : `${shape}.shr_u(w${word}, ${shift})`
  if (width === lane || (shift + width === lane && lane > 8)) return { words: [word], text: low }
  if (shift + width <= lane) return { words: [word], text: `v128.and(${low}, ${maskName(width)})` }
  const kept = lane - shift
  if (lane > 8) {
    const high = `${shape}.shl(w${word + 1}, ${kept})`
    return { words: [word, word + 1], text: `v128.and(v128.or(${low}, ${high}), ${maskName(width)})` }
  }
  const ownBits = `v128.and(${low}, ${maskName(kept)})`
  const high = `${shape}.shl(v128.and(w${word + 1}, ${maskName(width - kept)}), ${kept})`
  return { words: [word, word + 1], text: `v128.or(${ownBits}, ${high})` }
}

/** Rows after which those of a width begin at a vector again, and no fewer than eight, which are written out. */
function rowsOfTurn(lane, width) {
  let rows = lane
  while (rows > 8 && ((rows / 2) * width) % lane === 0) rows /= 2
  return rows
}

/** The head of a loop over groups or, where turns are shorter, over the turns of all groups. */
function turnsLoop(lane, rows) {
  const turns = rows === lane ? 'groups' : `groups * ${lane / rows}`
  const name = rows === lane ? 'group' : 'turn'
  return `  for (let ${name} = 0; ${name} < ${turns}; ${name}++) {`
}

/** Unpacks; `sums` the running sums of the rows, each a step more, instead of the rows. */
function unpackFunction(lane, width, sums) {
  const step = sums ? `, step: u${lane}` : ''
  const name = sums ? 'sum' : 'unpack'
  const head = `function ${name}${width}(source: usize, target: usize, groups: i32${step}): void {`
  const rows = rowsOfTurn(lane, width)
  const lines = []
  if (sums) {
    lines.push(`  const steps = ${SHAPES[lane]}.splat(<i${lane}>step)`, `  let sum = ${SHAPES[lane]}.splat(0)`)
  }
  lines.push(turnsLoop(lane, rows))
  if (sums) {
    const isFirst = rows === lane ? '' : `if ((turn & ${lane / rows - 1}) == 0) `
    lines.push(`    ${isFirst}sum = ${SHAPES[lane]}.splat(0)`)
  }
  const loaded = new Set()
  for (let row = 0; row < rows; row++) {
    const { words, text } = rowExpression(lane, width, row)
    for (const word of words.filter((one) => !loaded.has(one))) {
      loaded.add(word)
      lines.push(`    const w${word} = v128.load(source, ${word * 16})`)
    }
    const add = `${SHAPES[lane]}.add`
    if (sums) lines.push(`    sum = ${add}(sum, ${add}(steps, ${text}))`)
    lines.push(`    v128.store(target, ${sums ? 'sum' : text}, ${row * 16})`)
  }
  lines.push(`    source += ${((rows * width) / lane) * 16}`, `    target += ${rows * 16}`, '  }', '}')
  return [head, ...loadMasks(lane, lines.join('\n')), ...lines].join('\n')
}

/** A value at `shift` of its lane; what a 16-bit shift carries out of an 8-bit lane is cleared. */
function shiftedUp(lane, width, shift) {
  const up = `${SHIFTED[lane]}.shl(value, ${shift})`
  return lane > 8 || shift + width <= lane ? up : `v128.andnot(${up}, ${maskName(shift)})`
}

function shiftedDown(lane, shift) {
  const down = `${SHIFTED[lane]}.shr_u(value, ${shift})`
  return lane > 8 ? down : `v128.and(${down}, ${maskName(lane - shift)})`
}

function packFunction(lane, width) {
  const head = `function pack${width}(source: usize, target: usize, groups: i32, base: u${lane}): void {`
  const rows = rowsOfTurn(lane, width)
  const lines = [`  const bases = ${SHAPES[lane]}.splat(<i${lane}>base)`]
  lines.push(turnsLoop(lane, rows), '    let word: v128', '    let value: v128')
  for (let row = 0; row < rows; row++) {
    const at = Math.floor((row * width) / lane)
    const shift = (row * width) % lane
    const distance = `${SHAPES[lane]}.sub(v128.load(source, ${row * 16}), bases)`
    lines.push(`    value = ${width < lane ? `v128.and(${distance}, ${maskName(width)})` : distance}`)
    lines.push(shift === 0 ? '    word = value' : `    word = v128.or(word, ${shiftedUp(lane, width, shift)})`)
    if (shift + width >= lane) lines.push(`    v128.store(target, word, ${at * 16})`)
    if (shift + width > lane) lines.push(`    word = ${shiftedDown(lane, lane - shift)}`)
  }
  lines.push(`    source += ${rows * 16}`, `    target += ${((rows * width) / lane) * 16}`, '  }', '}')
  return [head, ...loadMasks(lane, lines.join('\n')), ...lines].join('\n')
}

/** `parameters` are those after the width, `name: type`. */
function dispatchFunction(name, lane, parameters, docstring) {
  const lines = [docstring, `export function ${name}Groups${lane}(width: i32, ${parameters.join(', ')}): void {`]
  const passed = parameters.map((parameter) => parameter.split(':')[0]).join(', ')
  lines.push('  switch (width) {')
  for (let width = 1; width <= lane; width++) {
    lines.push(`    case ${width}:`, `      ${name}${width}(${passed})`, '      return')
  }
  lines.push('  }', '}')
  return lines.join('\n')
}

function unpackFile(lane) {
  const widths = Array.from({ length: lane }, (_, i) => unpackFunction(lane, i + 1, false))
  const docstring = `/** Unpacks whole groups of a width 1..${lane} to ${lane}-bit values; width 0 writes nothing. */`
  const dispatch = dispatchFunction('unpack', lane, ['source: usize', 'target: usize', 'groups: i32'], docstring)
  return `${[BANNER, importOf(lane), ...widths, dispatch].join('\n')}\n`
}

function sumFile(lane) {
  const widths = Array.from({ length: lane }, (_, i) => unpackFunction(lane, i + 1, true))
  const docstring = [
    `/** Unpacks whole groups of a width 1..${lane} to the running sums of each ${lane}-bit lane, every value being \`step\` more;`,
    ' * width 0 writes nothing. */',
  ].join('\n')
  const parameters = ['source: usize', 'target: usize', 'groups: i32', `step: u${lane}`]
  return `${[BANNER, importOf(lane), ...widths, dispatchFunction('sum', lane, parameters, docstring)].join('\n')}\n`
}

function packFile(lane) {
  const widths = Array.from({ length: lane }, (_, i) => packFunction(lane, i + 1))
  const docstring = [
    `/** Packs the low bits of whole groups of ${lane}-bit values, each less \`base\`, to a width 1..${lane}; width 0 writes`,
    ' * nothing. */',
  ].join('\n')
  const parameters = ['source: usize', 'target: usize', 'groups: i32', `base: u${lane}`]
  return `${[BANNER, importOf(lane), ...widths, dispatchFunction('pack', lane, parameters, docstring)].join('\n')}\n`
}

/** The generated files by path from the root of the project. */
export function generateKernels() {
  const files = {}
  for (const lane of [8, 16, 32]) {
    files[`wasm/bits/generated-unpack${lane}.ts`] = unpackFile(lane)
    files[`wasm/bits/generated-pack${lane}.ts`] = packFile(lane)
  }
  // Of shorter lanes it makes no difference whether sums are made while unpacking.
  files['wasm/bits/generated-sum32.ts'] = sumFile(32)
  return files
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generateKernels())) {
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text)
  }
}
