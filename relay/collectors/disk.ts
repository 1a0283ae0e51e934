import { type Collector, type Host, type HostRow, Rates, round2 } from './collector.ts'

/** The unit of /proc/diskstats, whatever the device's own (Documentation/admin-guide/iostats.rst). */
const SECTOR_BYTES = 512

/** Devices that hold no data of their own: files, memory, discs that are not there. */
const VIRTUAL = /^(loop|ram|zram|fd|sr)\d/

export interface DiskCounters {
  readBytes: number
  writtenBytes: number
  busyMs: number
}

/** Counters by device since boot. */
export function parseDiskstats(text: string): ReadonlyMap<string, DiskCounters> {
  const disks = new Map<string, DiskCounters>()
  for (const line of text.split('\n')) {
    const columns = line.trim().split(/\s+/)
    const [device, readSectors, writtenSectors, busyMs] = [columns[2], columns[5], columns[9], columns[12]]
    if (device === undefined || busyMs === undefined || VIRTUAL.test(device)) continue
    disks.set(device, {
      readBytes: Number(readSectors) * SECTOR_BYTES,
      writtenBytes: Number(writtenSectors) * SECTOR_BYTES,
      busyMs: Number(busyMs),
    })
  }
  return disks
}

/**
 * Table `host_disk`: with tag `device`, what each whole device (not its partitions) reads and writes a second; with tag
 * `path`, how full the file systems are that hold the given paths.
 */
export class DiskCollector implements Collector {
  readonly #host: Host
  readonly #paths: readonly string[]
  readonly #rates = new Rates()

  constructor(host: Host, paths: readonly string[]) {
    this.#host = host
    this.#paths = paths
  }

  async collect(nowMs: number): Promise<readonly HostRow[]> {
    return [...(await this.#devices(nowMs)), ...(await this.#fileSystems())]
  }

  async #devices(nowMs: number): Promise<HostRow[]> {
    const text = await this.#host.readText('/proc/diskstats')
    if (text === undefined) return []
    const whole = await this.#host.list('/sys/block')
    const disks = [...parseDiskstats(text)].filter(([device]) => whole === undefined || whole.includes(device))
    const counters = new Map<string, number>()
    for (const [device, { readBytes, writtenBytes, busyMs }] of disks) {
      counters.set(`${device}\0read`, readBytes).set(`${device}\0written`, writtenBytes).set(`${device}\0busy`, busyMs)
    }
    const rates = this.#rates.perSecond(counters, nowMs)
    return disks.map(([device, { readBytes, writtenBytes }]) => {
      const floats = definedOnly({
        read_bytes_per_second: rates.get(`${device}\0read`),
        written_bytes_per_second: rates.get(`${device}\0written`),
        busy_percent: percentBusy(rates.get(`${device}\0busy`)),
      })
      return {
        table: 'host_disk',
        tags: { device },
        floats,
        integers: { read_bytes: readBytes, written_bytes: writtenBytes },
      }
    })
  }

  async #fileSystems(): Promise<HostRow[]> {
    const rows: HostRow[] = []
    for (const path of this.#paths) {
      const size = await this.#host.fileSystem(path)
      if (size === undefined || size.totalBytes === 0) continue
      const usedBytes = size.totalBytes - size.freeBytes
      rows.push({
        table: 'host_disk',
        tags: { path },
        floats: { used_percent: round2((100 * usedBytes) / size.totalBytes) },
        integers: { total_bytes: size.totalBytes, used_bytes: usedBytes, free_bytes: size.freeBytes },
      })
    }
    return rows
  }
}

/** Milliseconds of work a second, as percent; a device that works on several requests is still at most wholly busy. */
function percentBusy(msPerSecond: number | undefined): number | undefined {
  return msPerSecond === undefined ? undefined : Math.min(100, msPerSecond / 10)
}

function definedOnly(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const kept: Record<string, number> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) kept[name] = round2(value)
  return kept
}
