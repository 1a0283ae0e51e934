import { describe, expect, test } from 'vitest'
import { type ColorMode, SERIES_COLORS, SURFACE } from '../../../web/theme/palette.ts'
import { tokens } from '../../../web/theme/tokens.ts'

type Rgb = readonly [number, number, number]

const MODES: readonly ColorMode[] = ['light', 'dark']

function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

const linear = (channel: number): number => {
  const c = channel / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance([r, g, b]: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(rgbOf(a)), luminance(rgbOf(b))].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

/** Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB. */
const DEFICIENCIES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
}

/** OKLab (Ottosson 2020) of a colour as somebody with the deficiency sees it. */
function seen(hex: string, matrix: readonly (readonly number[])[]): Rgb {
  const source = rgbOf(hex).map(linear)
  const [r = 0, g = 0, b = 0] = matrix.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, factor, i) => sum + factor * (source[i] ?? 0), 0),
      ),
    ),
  )
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}
const distance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

/** Both sides of a token's `light-dark()`. */
function token(name: string, mode: ColorMode): string {
  const match = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(tokens.cssText)
  const side = match?.[mode === 'light' ? 1 : 2]
  if (side === undefined) throw new Error(`no token --${name}`)
  return side
}

describe.each(MODES)('the %s palette', (mode) => {
  test('draws on the surface that the tokens have', () => {
    expect(token('surface', mode)).toBe(SURFACE[mode])
  })

  test.each(SERIES_COLORS[mode])('%s stands out from the surface by 3:1', (color) => {
    expect(contrast(color, SURFACE[mode])).toBeGreaterThanOrEqual(3)
  })

  test.each(Object.keys(DEFICIENCIES))('tells the first four colours apart with %s', (deficiency) => {
    const matrix = DEFICIENCIES[deficiency] ?? []
    const colors = SERIES_COLORS[mode].slice(0, 4)
    for (const a of colors) {
      for (const b of colors) {
        if (a !== b) expect(distance(seen(a, matrix), seen(b, matrix)), `${a} ${b}`).toBeGreaterThanOrEqual(0.06)
      }
    }
  })

  test.each(Object.keys(DEFICIENCIES))('tells neighbours apart with %s', (deficiency) => {
    const matrix = DEFICIENCIES[deficiency] ?? []
    const colors = SERIES_COLORS[mode]
    for (let i = 1; i < colors.length; i++) {
      const [a = '', b = ''] = [colors[i - 1], colors[i]]
      expect(distance(seen(a, matrix), seen(b, matrix)), `${a} ${b}`).toBeGreaterThanOrEqual(0.06)
    }
  })

  test.each([
    ['ink', 'surface'],
    ['ink', 'ground'],
    ['ink-soft', 'surface'],
    ['ink-soft', 'ground'],
    ['ink-soft', 'surface-sunken'],
    ['accent', 'surface'],
    ['accent-ink', 'accent'],
    ['bad', 'surface'],
    ['warn', 'surface'],
    ['ink', 'bad-wash'],
    ['ink-soft', 'bad-wash'],
    ['syntax-keyword', 'surface'],
    ['syntax-function', 'surface'],
    ['syntax-string', 'surface'],
    ['syntax-number', 'surface'],
    ['syntax-comment', 'surface'],
  ])('text in %s reads on %s (WCAG AA, 4.5:1)', (ink, ground) => {
    expect(contrast(token(ink, mode), token(ground, mode))).toBeGreaterThanOrEqual(4.5)
  })

  test('outlines of controls stand out by 3:1', () => {
    expect(contrast(token('line-strong', mode), token('surface', mode))).toBeGreaterThanOrEqual(3)
  })
})
