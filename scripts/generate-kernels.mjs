// Writes the bit-packing kernels: one straight-line function per width, since AssemblyScript has no templates by constant.
// `node scripts/generate-kernels.mjs` rewrites the files; a test compares them with what this makes.
//
// A group is 128 values in 32 rows of four 32-bit lanes. Row r of a lane takes its bits r * width and on, so that a group
// of width w is w vectors of 16 bytes and the first rows are in the first vectors.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROWS = 32
const WIDTHS = Array.from({ length: 32 }, (_, i) => i + 1)
const BANNER = '// Made by scripts/generate-kernels.mjs; do not edit.\n'

const maskOf = (width) => (width === 32 ? -1 : (2 ** width - 1) | 0)

/** The expression of one row, masked to its width, and the words that it reads. */
function rowExpression(width, row) {
  const word = Math.floor((row * width) / 32)
  const shift = (row * width) % 32
  const low = shift === 0 ? `w${word}` : `i32x4.shr_u(w${word}, ${shift})`
  if (shift + width === 32) return { words: [word], text: low }
  if (shift + width < 32) return { words: [word], text: `v128.and(${low}, mask)` }
  const high = `i32x4.shl(w${word + 1}, ${32 - shift})`
  return { words: [word, word + 1], text: `v128.and(v128.or(${low}, ${high}), mask)` }
}

function unpackFunction(width) {
  const lines = [`function unpack${width}(source: usize, target: usize, groups: i32): void {`]
  if (width < 32) lines.push(`  const mask = i32x4.splat(${maskOf(width)})`)
  lines.push('  for (let group = 0; group < groups; group++) {')
  const loaded = new Set()
  for (let row = 0; row < ROWS; row++) {
    const { words, text } = rowExpression(width, row)
    for (const word of words.filter((one) => !loaded.has(one))) {
      loaded.add(word)
      lines.push(`    const w${word} = v128.load(source, ${word * 16})`)
    }
    lines.push(`    v128.store(target, ${text}, ${row * 16})`)
  }
  lines.push(`    source += ${width * 16}`, `    target += ${ROWS * 16}`, '  }', '}')
  return lines.join('\n')
}

function packFunction(width) {
  const lines = [`function pack${width}(source: usize, target: usize, groups: i32): void {`]
  if (width < 32) lines.push(`  const mask = i32x4.splat(${maskOf(width)})`)
  lines.push('  for (let group = 0; group < groups; group++) {', '    let word: v128', '    let value: v128')
  for (let row = 0; row < ROWS; row++) {
    const at = Math.floor((row * width) / 32)
    const shift = (row * width) % 32
    const load = `v128.load(source, ${row * 16})`
    lines.push(`    value = ${width < 32 ? `v128.and(${load}, mask)` : load}`)
    lines.push(shift === 0 ? '    word = value' : `    word = v128.or(word, i32x4.shl(value, ${shift}))`)
    if (shift + width >= 32) lines.push(`    v128.store(target, word, ${at * 16})`)
    if (shift + width > 32) lines.push(`    word = i32x4.shr_u(value, ${32 - shift})`)
  }
  lines.push(`    source += ${ROWS * 16}`, `    target += ${width * 16}`, '  }', '}')
  return lines.join('\n')
}

function dispatchFunction(name, docstring) {
  const lines = [
    docstring,
    `export function ${name}Groups(width: i32, source: usize, target: usize, groups: i32): void {`,
  ]
  lines.push('  switch (width) {')
  for (const width of WIDTHS) {
    lines.push(`    case ${width}:`, `      ${name}${width}(source, target, groups)`, '      return')
  }
  lines.push('  }', '}')
  return lines.join('\n')
}

/** The generated files by path from the root of the project. */
export function generateKernels() {
  const unpack = dispatchFunction('unpack', '/** Unpacks whole groups of a width 1..32; width 0 writes nothing. */')
  const pack = dispatchFunction(
    'pack',
    '/** Packs the low bits of whole groups to a width 1..32; width 0 writes nothing. */',
  )
  return {
    'wasm/bits/generated-unpack.ts': `${[BANNER, ...WIDTHS.map(unpackFunction), unpack].join('\n')}\n`,
    'wasm/bits/generated-pack.ts': `${[BANNER, ...WIDTHS.map(packFunction), pack].join('\n')}\n`,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generateKernels())) {
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text)
  }
}
