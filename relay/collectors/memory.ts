import type { Collector, Host, HostRow } from './collector.ts'

/** Lines of /proc/meminfo that are kept, by the field they become. */
const FIELDS: readonly (readonly [field: string, line: string])[] = [
  ['total', 'MemTotal'],
  ['free', 'MemFree'],
  ['available', 'MemAvailable'],
  ['buffers', 'Buffers'],
  ['cached', 'Cached'],
  ['swap_total', 'SwapTotal'],
  ['swap_free', 'SwapFree'],
]

/** Bytes by field. `used` is what is not available to a new program. */
export function parseMeminfo(text: string): Record<string, number> {
  const bytes = new Map<string, number>()
  for (const [, name = '', kibibytes] of text.matchAll(/^(\w+):\s+(\d+) kB$/gm))
    bytes.set(name, Number(kibibytes) * 1024)
  const fields: Record<string, number> = {}
  for (const [field, line] of FIELDS) {
    const value = bytes.get(line)
    if (value !== undefined) fields[field] = value
  }
  const { total, available, free, swap_total: swapTotal, swap_free: swapFree } = fields
  const unused = available ?? free
  if (total !== undefined && unused !== undefined) fields.used = total - unused
  if (swapTotal !== undefined && swapFree !== undefined) fields.swap_used = swapTotal - swapFree
  return fields
}

/** Table `host_memory`, in bytes. */
export class MemoryCollector implements Collector {
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  async collect(): Promise<readonly HostRow[]> {
    const text = await this.#host.readText('/proc/meminfo')
    return [{ table: 'host_memory', tags: {}, integers: text === undefined ? this.#portable() : parseMeminfo(text) }]
  }

  #portable(): Record<string, number> {
    const { totalBytes, freeBytes } = this.#host.memory()
    return { total: totalBytes, free: freeBytes, used: totalBytes - freeBytes }
  }
}
