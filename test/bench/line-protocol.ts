// Lines per second of the line-protocol parser over TSBS cpu rows (10 tags, 10 fields, about 345 bytes), copies out
// included: `node scripts/run.mjs node test/bench/line-protocol.ts [rows] [repeats]`.
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser, type ParseResult } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

const FIELDS = ['user', 'system', 'idle', 'nice', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice']
const START = 1451606400_000_000_000n
const INTERVAL = 10_000_000_000n

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

interface Case {
  name: string
  hosts: number
  shuffled?: boolean
  /** The text of a value between 0 and 100. */
  print: (value: number) => string
  /** What the text stands for. */
  read: (text: string) => number
}

const readInteger = (text: string): number => Number(text.slice(0, -1))
const CASES: readonly Case[] = [
  { name: '100 hosts, integers', hosts: 100, print: (v) => `${Math.trunc(v)}i`, read: readInteger },
  { name: '4000 hosts, integers', hosts: 4000, print: (v) => `${Math.trunc(v)}i`, read: readInteger },
  { name: '4000 hosts, shuffled', hosts: 4000, shuffled: true, print: (v) => `${Math.trunc(v)}i`, read: readInteger },
  { name: '100 hosts, 2 decimals', hosts: 100, print: (v) => v.toFixed(2), read: Number },
  { name: '100 hosts, 17 digits', hosts: 100, print: (v) => `${v / 3}`, read: Number },
]

function tagsOf(host: number): string {
  const place = `region=eu-central-${host % 3},datacenter=eu-central-${host % 3}${'ab'[host & 1]},rack=${host % 97}`
  const system = `os=Ubuntu${host % 2 ? '16.10' : '15.10'},arch=${host % 3 ? 'x64' : 'x86'},team=${['SF', 'NYC', 'LON'][host % 3]}`
  return `hostname=host_${host},${place},${system},service=${host % 20},service_version=${host % 2},service_environment=production`
}

function generate(one: Case, rows: number): { body: Uint8Array; sum: number } {
  const random = randomOf(1)
  const values = Array.from({ length: one.hosts }, () => FIELDS.map(() => random() * 100))
  const tags = Array.from({ length: one.hosts }, (_, host) => tagsOf(host))
  const order = Array.from({ length: one.hosts }, (_, host) => host)
  const lines: string[] = []
  let sum = 0
  for (let row = 0; row < rows; row++) {
    if (one.shuffled && row % one.hosts === 0) order.sort(() => random() - 0.5)
    const host = order[row % one.hosts] ?? 0
    const time = START + INTERVAL * BigInt(Math.floor(row / one.hosts))
    const state = values[host] ?? []
    const fields = FIELDS.map((field, i) => {
      state[i] = Math.min(100, Math.max(0, (state[i] ?? 0) + (random() - 0.5) * 3))
      const text = one.print(state[i])
      sum += one.read(text)
      return `usage_${field}=${text}`
    })
    lines.push(`cpu,${tags[host]} ${fields.join(',')} ${time}\n`)
  }
  return { body: new TextEncoder().encode(lines.join('')), sum }
}

function sumOf(result: ParseResult): number {
  let sum = 0
  for (const { fields } of result.tables) {
    for (const column of fields) for (const value of column.values) sum += Number(value)
  }
  return sum
}

function median(sorted: readonly number[]): number {
  return sorted[sorted.length >> 1] ?? Number.NaN
}

async function measure(one: Case, rows: number, repeats: number): Promise<void> {
  const { body, sum } = generate(one, rows)
  const parser = new LineParser(await Kernel.create(await loadCore()))
  const wall: number[] = []
  const cpu: number[] = []
  for (let i = 0; i <= repeats; i++) {
    const usage = process.cpuUsage()
    const start = performance.now()
    const result = parser.parse(body, { precision: 'ns', now: 0n })
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(usage)
    if (i > 0) wall.push(seconds)
    if (i > 0) cpu.push((user + system) / 1e6)
    if (result.rows !== rows || result.rejectedCount > 0)
      throw new Error(`${one.name}: took ${result.rows} of ${rows} rows`)
    if (Math.abs(sumOf(result) - sum) > Math.abs(sum) * 1e-9) throw new Error(`${one.name}: the values differ`)
  }
  const sorted = wall.sort((a, b) => a - b)
  const rate = (seconds: number): string => (rows / seconds / 1e6).toFixed(2)
  const bytes = (body.length / rows).toFixed(0)
  const gigabytes = (body.length / (sorted[0] ?? Number.NaN) / 1e9).toFixed(2)
  console.log(
    `${one.name.padEnd(24)} best ${rate(sorted[0] ?? Number.NaN)} M lines/s, median ${rate(median(sorted))}, ` +
      `by CPU time ${rate(median(cpu.sort((a, b) => a - b)))}; ${bytes} B/line, ${gigabytes} GB/s`,
  )
}

const rows = Number(process.argv[2] ?? 200_000)
const repeats = Number(process.argv[3] ?? 9)
for (const one of CASES) await measure(one, rows, repeats)
