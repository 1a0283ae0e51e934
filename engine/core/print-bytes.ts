const STEP = 1024
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** A number of bytes for people: `300 bytes`, `1.5 KiB`, `512 MiB`. */
export function printBytes(bytes: number): string {
  if (bytes < STEP) return `${bytes} bytes`
  let value = bytes / STEP
  let unit = 0
  for (; value >= STEP && unit < UNITS.length - 1; unit++) value /= STEP
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${UNITS[unit]}`
}
