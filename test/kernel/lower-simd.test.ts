import binaryen from 'assemblyscript/binaryen'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const LANES = ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const
const COMPARISONS = ['lt', 'gt', 'le', 'ge']

/** Text of functions that read operands at 0, 16 and 32 and a number at 48, and write what they make of them at 64. */
function functions(): Map<string, string> {
  const texts = new Map<string, string>()
  const operand = (index: number): string => `(v128.load (i32.const ${16 * index}))`
  const define = (name: string, value: string, store = 'v128.store'): void => {
    texts.set(name, `(${store} (i32.const 64) ${value})`)
  }
  const binary = (name: string): void => define(name, `(${name} ${operand(0)} ${operand(1)})`)
  const unary = (name: string): void => define(name, `(${name} ${operand(0)})`)
  for (const lane of LANES) {
    const bits = Number(lane.slice(1, lane.indexOf('x')))
    const wide = lane === 'i64x2'
    for (const name of ['add', 'sub', 'eq', 'ne', ...(bits > 8 ? ['mul'] : [])]) binary(`${lane}.${name}`)
    for (const sign of wide ? ['s'] : ['s', 'u']) for (const name of COMPARISONS) binary(`${lane}.${name}_${sign}`)
    if (!wide) for (const name of ['min_s', 'min_u', 'max_s', 'max_u']) binary(`${lane}.${name}`)
    unary(`${lane}.neg`)
    for (const name of ['shl', 'shr_s', 'shr_u']) {
      define(`${lane}.${name}`, `(${lane}.${name} ${operand(0)} (i32.load (i32.const 48)))`)
      define(`${lane}.${name} by 3`, `(${lane}.${name} ${operand(0)} (i32.const 3))`)
    }
    const number = wide ? 'i64' : 'i32'
    define(`${lane}.splat`, `(${lane}.splat (${number}.load (i32.const 48)))`)
    for (const name of ['all_true', 'bitmask'])
      define(`${lane}.${name}`, `(${lane}.${name} ${operand(0)})`, 'i32.store')
    for (let index = 0; index < 128 / bits; index++) {
      for (const suffix of bits < 32 ? ['_s', '_u'] : ['']) {
        const name = `${lane}.extract_lane${suffix} ${index}`
        define(name, `(${name} ${operand(0)})`, `${number}.store`)
      }
      const name = `${lane}.replace_lane ${index}`
      define(name, `(${name} ${operand(0)} (${number}.load (i32.const 48)))`)
    }
  }
  for (const [to, from] of [
    ['i16x8', 'i8x16'],
    ['i32x4', 'i16x8'],
    ['i64x2', 'i32x4'],
  ] as const) {
    for (const sign of ['s', 'u']) {
      for (const half of ['low', 'high']) {
        unary(`${to}.extend_${half}_${from}_${sign}`)
        binary(`${to}.extmul_${half}_${from}_${sign}`)
      }
      if (to !== 'i64x2') {
        unary(`${to}.extadd_pairwise_${from}_${sign}`)
        binary(`${from}.narrow_${to}_${sign}`)
      }
    }
  }
  for (const name of ['and', 'or', 'xor', 'andnot']) binary(`v128.${name}`)
  unary('v128.not')
  define('v128.any_true', `(v128.any_true ${operand(0)})`, 'i32.store')
  define('v128.bitselect', `(v128.bitselect ${operand(0)} ${operand(1)} ${operand(2)})`)
  define('select', `(select ${operand(0)} ${operand(1)} (i32.load8_u (i32.const 48)))`)
  binary('i8x16.swizzle')
  binary('i32x4.dot_i16x8_s')
  const shuffles = [
    [...Array(16).keys()],
    [...Array(16).keys()].map((byte) => 31 - byte),
    [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23],
    [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27],
    [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
    [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
  ]
  for (const places of shuffles) {
    const name = `i8x16.shuffle ${places.join(' ')}`
    define(name, `(${name} ${operand(0)} ${operand(1)})`)
  }
  const loads = ['load8_splat', 'load16_splat', 'load32_splat', 'load64_splat', 'load32_zero', 'load64_zero']
  const extending = ['load8x8', 'load16x4', 'load32x2'].flatMap((name) => [`${name}_s`, `${name}_u`])
  for (const name of [...loads, ...extending]) define(`v128.${name}`, `(v128.${name} offset=3 (i32.const 2))`)
  for (const name of ['add', 'sub', 'mul', 'div', 'pmin', 'pmax', 'min', 'max', 'eq', 'ne', ...COMPARISONS])
    binary(`f64x2.${name}`)
  for (const name of ['abs', 'neg', 'sqrt', 'ceil', 'floor', 'trunc', 'nearest']) unary(`f64x2.${name}`)
  for (const sign of ['s', 'u']) unary(`f64x2.convert_low_i32x4_${sign}`)
  unary('f64x2.promote_low_f32x4')
  unary('f32x4.demote_f64x2_zero')
  define('f64x2.splat', '(f64x2.splat (f64.load (i32.const 48)))')
  for (const index of [0, 1]) {
    define(`f64x2.extract_lane ${index}`, `(f64x2.extract_lane ${index} ${operand(0)})`, 'f64.store')
    define(`f64x2.replace_lane ${index}`, `(f64x2.replace_lane ${index} ${operand(0)} (f64.load (i32.const 48)))`)
  }
  return texts
}

/** Vectors that go through calls, blocks with a value, loops and constants. */
const CONTROL = `
  (func $pair (param $a v128) (param $n i32) (param $b v128) (result v128)
    (if (result v128) (local.get $n) (then (i32x4.add (local.get $a) (local.get $b))) (else (local.get $b))))
  (func (export "control") (local $sum v128) (local $i i32)
    (loop $next
      (local.set $sum (i16x8.add (local.get $sum)
        (call $pair (v128.load (i32.const 0)) (i32.and (local.get $i) (i32.const 1)) (v128.load (i32.const 16)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 5))))
    (drop (call $pair (local.get $sum) (i32.const 0) (local.get $sum)))
    (v128.store (i32.const 64)
      (v128.xor (local.tee $sum (i8x16.sub (local.get $sum) (v128.load (i32.const 32)))) (v128.const i32x4 1 -2 3 -4))))`

type Calls = Record<string, () => void>

function instance(bytes: Uint8Array): { memory: Uint8Array; calls: Calls } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)))
  if (!(exports.memory instanceof WebAssembly.Memory)) throw new Error('no memory')
  return { memory: new Uint8Array(exports.memory.buffer), calls: exports as Calls }
}

async function lowered(bytes: Uint8Array): Promise<Uint8Array> {
  const script: unknown = await import(new URL('../../scripts/lower-simd.mjs', import.meta.url).href)
  if (typeof script !== 'object' || script === null || !('lowerSimd' in script)) throw new Error('no lowering')
  if (typeof script.lowerSimd !== 'function') throw new Error('the lowering is no function')
  return script.lowerSimd(bytes)
}

function assembled(text: string): Uint8Array {
  const module = binaryen.parseText(text)
  module.setFeatures(binaryen.Features.All)
  return module.emitBinary()
}

const INTERESTING = [0, 1, -1, 0.1, 1e300, -1e300, 5e-324, 2 ** 52, -(2 ** 53), 0.5, -2.5, Infinity, -Infinity, -0]

/** Bytes of any kind, of small numbers in lanes, and of floats of which none is NaN. */
const operands: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
    fc.array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: 64, maxLength: 64 }),
    fc.array(fc.constantFrom(...INTERESTING), { minLength: 8, maxLength: 8 }).map((values) => {
      return new Uint8Array(Float64Array.from(values).buffer)
    }),
  )
  .map((bytes) => Uint8Array.from(bytes))

/** Which NaN arithmetic gives is open to an engine, also within itself. */
function withPlainNaN(name: string, result: Uint8Array): Uint8Array {
  if (name.startsWith('f32x4.')) {
    const singles = new Float32Array(Uint8Array.from(result).buffer)
    const words = new Uint32Array(singles.buffer)
    singles.forEach((value, index) => {
      if (Number.isNaN(value)) words[index] = 0x7fc0_0000
    })
    return new Uint8Array(words.buffer)
  }
  if (!name.startsWith('f64x2.')) return result
  const values = new Float64Array(Uint8Array.from(result).buffer)
  const bits = new BigUint64Array(values.buffer)
  values.forEach((value, index) => {
    if (Number.isNaN(value)) bits[index] = 0x7ff8_0000_0000_0000n
  })
  return new Uint8Array(bits.buffer)
}

test('every operation on vectors is the same without them, as is what calls and loops do with vectors', async () => {
  const all = functions()
  const bodies = [...all].map(([name, body]) => `(func (export "${name}") ${body})`)
  const original = assembled(`(module (memory (export "memory") 1) ${bodies.join('\n')} ${CONTROL})`)
  const scalar = await lowered(original)
  const [a, b] = [instance(original), instance(scalar)]
  fc.assert(
    fc.property(operands, (bytes) => {
      for (const name of [...all.keys(), 'control']) {
        const results = [a, b].map(({ memory, calls }) => {
          memory.fill(0)
          memory.set(bytes)
          calls[name]?.()
          return withPlainNaN(name, memory.slice(64, 80))
        })
        if (Buffer.compare(results[0] ?? bytes, results[1] ?? bytes) !== 0)
          throw new Error(`${name}: ${results[1]}, not ${results[0]}`)
      }
    }),
    { numRuns: 300 },
  )
})

test('a module without vectors is what comes of it', async () => {
  const scalar = await lowered(assembled(`(module (memory (export "memory") 1) ${CONTROL})`))
  expect(binaryen.readBinary(scalar).emitText()).not.toMatch(/v128|\dx\d/)
})

test('an operation that is not known is refused by its name', async () => {
  const body = '(func (export "f") (v128.store (i32.const 0) (f32x4.sqrt (v128.load (i32.const 0)))))'
  const unknown = assembled(`(module (memory (export "memory") 1) ${body})`)
  await expect(lowered(unknown)).rejects.toThrow('f32x4.sqrt')
})
