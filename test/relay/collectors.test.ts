import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Host } from '../../relay/collectors/collector.ts'
import { DiskCollector, parseDiskstats } from '../../relay/collectors/disk.ts'
import { LoadCollector } from '../../relay/collectors/load.ts'
import { MemoryCollector, parseMeminfo } from '../../relay/collectors/memory.ts'
import { NetworkCollector, parseNetDev } from '../../relay/collectors/network.ts'
import { operatingSystem, probeOwnProcess } from '../../relay/collectors/operating-system.ts'
import { ProcessCollector } from '../../relay/collectors/process.ts'
import { ProcessorCollector, parseProcStat } from '../../relay/collectors/processor.ts'

/** Texts in the form that proc(5) describes, of a machine with two processors. */
const recorded = (name: string) => readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8')

function hostOf(parts: Partial<Host>): Host {
  return {
    readText: async () => undefined,
    list: async () => undefined,
    fileSystem: async () => undefined,
    processors: () => [],
    memory: () => ({ totalBytes: 0, freeBytes: 0 }),
    load: () => undefined,
    uptimeSeconds: () => 0,
    ...parts,
  }
}

/** A host whose file has one text after the other. */
function changing(path: string, ...texts: string[]): Pick<Host, 'readText'> {
  return { readText: async (asked) => (asked === path ? texts.shift() : undefined) }
}

describe('host_cpu', () => {
  test('reads /proc/stat', () => {
    const processors = parseProcStat(recorded('proc-stat'))
    expect([...processors.keys()]).toEqual(['total', '0', '1'])
    expect(processors.get('total')).toEqual({
      user: 10132153,
      nice: 290696,
      system: 3084719,
      idle: 46828483,
      iowait: 16683,
      irq: 0,
      softirq: 25195,
      steal: 175628,
    })
  })

  test('is the share of each state between two ticks', async () => {
    const texts = changing('/proc/stat', 'cpu  100 0 50 800 50 0 0 0 0 0\n', 'cpu  130 0 60 850 60 0 0 0 0 0\n')
    const collector = new ProcessorCollector(hostOf(texts))
    expect(await collector.collect()).toEqual([])
    const [row] = await collector.collect()
    expect(row).toMatchObject({
      table: 'host_cpu',
      tags: { cpu: 'total' },
      floats: { usage_user: 30, usage_system: 10, usage_idle: 50, usage_iowait: 10, usage_nice: 0 },
    })
  })

  test('comes from Node where there is no /proc', async () => {
    const ticks = [
      { user: 100, nice: 0, sys: 100, idle: 800, irq: 0 },
      { user: 101, nice: 0, sys: 100, idle: 802, irq: 0 },
    ]
    const collector = new ProcessorCollector(hostOf({ processors: () => ticks.splice(0, 1) }))
    await collector.collect()
    const rows = await collector.collect()
    expect(rows.map(({ tags }) => tags.cpu)).toEqual(['0', 'total'])
    expect(rows[0]?.floats).toEqual({
      usage_user: 33.33,
      usage_nice: 0,
      usage_system: 0,
      usage_idle: 66.67,
      usage_irq: 0,
    })
  })

  test('takes a counter that went back as no time spent, and says nothing where no time has passed', async () => {
    const texts = changing('/proc/stat', 'cpu  100 0 0 100', 'cpu  110 0 0 90', 'cpu  110 0 0 90')
    const collector = new ProcessorCollector(hostOf(texts))
    await collector.collect()
    const [row] = await collector.collect()
    expect(row?.floats).toMatchObject({ usage_user: 100, usage_idle: 0 })
    expect(await collector.collect()).toEqual([])
  })
})

describe('host_memory', () => {
  test('reads /proc/meminfo', () => {
    expect(parseMeminfo(recorded('proc-meminfo'))).toEqual({
      total: 8148152 * 1024,
      free: 1012036 * 1024,
      available: 5406444 * 1024,
      buffers: 173060 * 1024,
      cached: 4101232 * 1024,
      swap_total: 2097148 * 1024,
      swap_free: 2090000 * 1024,
      used: (8148152 - 5406444) * 1024,
      swap_used: 7148 * 1024,
    })
  })

  test('comes from Node where there is no /proc', async () => {
    const collector = new MemoryCollector(hostOf({ memory: () => ({ totalBytes: 100, freeBytes: 30 }) }))
    expect(await collector.collect()).toEqual([
      { table: 'host_memory', tags: {}, integers: { total: 100, free: 30, used: 70 } },
    ])
  })
})

describe('host_load', () => {
  test('has the load where the system has one, and the uptime', async () => {
    const withLoad = new LoadCollector(hostOf({ load: () => [1.234, 2, 0.5], uptimeSeconds: () => 12.9 }))
    const [row] = await withLoad.collect()
    expect(row).toMatchObject({ floats: { load1: 1.23, load5: 2, load15: 0.5 }, integers: { uptime_seconds: 12 } })
    const [without] = await new LoadCollector(hostOf({})).collect()
    expect(without).not.toHaveProperty('floats')
  })
})

describe('host_disk', () => {
  test('reads /proc/diskstats without loop and RAM devices', () => {
    const disks = parseDiskstats(recorded('proc-diskstats'))
    expect([...disks.keys()]).toEqual(['vda', 'vda1', 'vda15', 'nvme0n1'])
    expect(disks.get('vda')).toEqual({ readBytes: 5301010 * 512, writtenBytes: 91215472 * 512, busyMs: 1032920 })
  })

  test('has rates of whole devices, without their partitions', async () => {
    const line = (name: string, read: number, written: number, busyMs: number) =>
      `254 0 ${name} 1 0 ${read} 0 1 0 ${written} 0 0 ${busyMs} 0\n`
    const texts = changing(
      '/proc/diskstats',
      line('vda', 1000, 2000, 100) + line('vda1', 1000, 2000, 100),
      line('vda', 1010, 2040, 600) + line('vda1', 1010, 2040, 600),
    )
    const collector = new DiskCollector(hostOf({ ...texts, list: async () => ['vda'] }), [])
    await collector.collect(1000)
    expect(await collector.collect(3000)).toEqual([
      {
        table: 'host_disk',
        tags: { device: 'vda' },
        floats: { read_bytes_per_second: 2560, written_bytes_per_second: 10240, busy_percent: 25 },
        integers: { read_bytes: 1010 * 512, written_bytes: 2040 * 512 },
      },
    ])
  })

  test('says how full file systems are, and skips those that are not there', async () => {
    const fileSystem = async (path: string) => (path === '/' ? { totalBytes: 1000, freeBytes: 250 } : undefined)
    const collector = new DiskCollector(hostOf({ fileSystem }), ['/', '/absent'])
    expect(await collector.collect(0)).toEqual([
      {
        table: 'host_disk',
        tags: { path: '/' },
        floats: { used_percent: 75 },
        integers: { total_bytes: 1000, used_bytes: 750, free_bytes: 250 },
      },
    ])
  })
})

describe('host_network', () => {
  test('reads /proc/net/dev', () => {
    const interfaces = parseNetDev(recorded('proc-net-dev'))
    expect([...interfaces.keys()]).toEqual(['lo', 'eth0', 'br-1a2b'])
    expect(interfaces.get('eth0')).toEqual({
      rx_bytes: 4611686018,
      rx_packets: 3210987,
      rx_errors: 1,
      rx_dropped: 2,
      tx_bytes: 987654321,
      tx_packets: 1234567,
      tx_errors: 3,
      tx_dropped: 4,
    })
  })

  test('has rates from the second tick on, and none for a counter that went back', async () => {
    const text = (rx: number, tx: number) => `  eth0: ${rx} 10 0 0 0 0 0 0 ${tx} 20 0 0 0 0 0 0\n`
    const collector = new NetworkCollector(hostOf(changing('/proc/net/dev', text(1000, 500), text(4000, 100))))
    const [first] = await collector.collect(0)
    expect(first?.floats).toEqual({})
    const [second] = await collector.collect(1500)
    expect(second?.floats).toEqual({ rx_bytes_per_second: 2000, rx_packets_per_second: 0, tx_packets_per_second: 0 })
    expect(second?.integers).toMatchObject({ rx_bytes: 4000, tx_bytes: 100 })
  })

  test('is empty on a system that does not tell', async () => {
    expect(await new NetworkCollector(hostOf({})).collect(0)).toEqual([])
  })
})

describe('host_process', () => {
  test('counts one processor as 100 percent', async () => {
    let cpu = 5_000_000
    const collector = new ProcessCollector({
      cpuMicroseconds: () => cpu,
      memory: () => ({ rss: 1, heapUsed: 2, heapTotal: 3, external: 4, arrayBuffers: 5 }),
      uptimeSeconds: () => 7.5,
      eventLoopDelayMs: () => ({ mean: 0.123, max: 4.567 }),
    })
    const [first] = await collector.collect(1000)
    expect(first?.floats).toEqual({ event_loop_delay_mean_ms: 0.12, event_loop_delay_max_ms: 4.57 })
    cpu += 1_500_000
    const [second] = await collector.collect(2000)
    expect(second?.floats).toMatchObject({ cpu_percent: 150 })
    expect(second?.integers).toMatchObject({ rss_bytes: 1, uptime_seconds: 7 })
  })
})

describe('the machine that this runs on', () => {
  test('has something to say to every collector', async () => {
    const probe = probeOwnProcess()
    const memory = await new MemoryCollector(operatingSystem).collect()
    expect(memory[0]?.integers?.total).toBeGreaterThan(0)
    const disk = await new DiskCollector(operatingSystem, [process.cwd()]).collect(0)
    expect(disk.find(({ tags }) => tags.path !== undefined)?.integers?.total_bytes).toBeGreaterThan(0)
    const own = await new ProcessCollector(probe).collect(0)
    expect(own[0]?.integers?.rss_bytes).toBeGreaterThan(0)
    probe.stop()
  })

  test('has no text where there is no file, and passes on other failures', async () => {
    expect(await operatingSystem.readText('/proc/absent/absent')).toBeUndefined()
    await expect(operatingSystem.readText(process.cwd())).rejects.toThrow('EISDIR')
  })
})
