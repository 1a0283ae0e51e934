export type ColorMode = 'light' | 'dark'

/** What series are drawn on; the tokens use the same values. */
export const SURFACE: Readonly<Record<ColorMode, string>> = { light: '#ffffff', dark: '#171b20' }

/**
 * Colours of series, in order of use. Each stands out from its surface by 3:1 or more, and neighbours stay apart for the
 * common kinds of colour blindness since they differ in lightness as well as in hue.
 */
export const SERIES_COLORS: Readonly<Record<ColorMode, readonly string[]>> = {
  light: ['#1768ac', '#d9730d', '#0b8068', '#7a1f5e', '#8f7cf0', '#8a6c00', '#7f8893', '#1593c4'],
  dark: ['#57a9ee', '#f0a04b', '#2fb58f', '#f3a6d8', '#8468e8', '#d6bd4f', '#76818d', '#9fd9ef'],
}
