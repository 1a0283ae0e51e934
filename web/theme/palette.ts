export type ColorMode = 'light' | 'dark'

/** What series are drawn on; the tokens use the same values. */
export const SURFACE: Readonly<Record<ColorMode, string>> = { light: '#ffffff', dark: '#171b20' }

/**
 * Colours of series, in order of use. Each stands out from its surface by 3:1 or more, and neighbours stay apart for the
 * common kinds of colour blindness since they differ in lightness as well as in hue.
 */
export const SERIES_COLORS: Readonly<Record<ColorMode, readonly string[]>> = {
  light: ['#1768ac', '#d9730d', '#0b8068', '#a8327a', '#6f58c9', '#8a6c00', '#3c4a57', '#1593c4'],
  dark: ['#57a9ee', '#f0a04b', '#3ec9a4', '#ea7fc0', '#a996f5', '#d6bd4f', '#b3bec9', '#7fd3f7'],
}

export function seriesColor(mode: ColorMode, index: number): string {
  const colors = SERIES_COLORS[mode]
  const color = colors[index % colors.length]
  if (color === undefined) throw new RangeError(`series index ${index} is negative or not whole`)
  return color
}
