/**
 * Lines per second of the line-protocol parser, by CPU time of the process, columns copied out as the writer gets them:
 * `node scripts/run.mjs node test/bench/parse.ts [lines of a body] [repeats]`. TSBS cpu lines: 10 tags, 10 fields. Rows and the
 * sums of values are those of the generator.
 */
import { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import type { ParseResult } from '../../engine/kernel/parse-result.ts'
import { generator, uniform } from '../support/block-shapes.ts'

const FIELDS = ['user', 'system', 'idle', 'nice', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice']
const START = 1451606400_000_000_000n
const INTERVAL = 10_000_000_000n
const PARSES_A_REPEAT = 4

interface Case {
  name: string
  hosts: number
  order?: 'shuffled' | 'new'
  /** The text of a value between 0 and 100. */
  print: (value: number) => string
}

const integer = (value: number): string => `${Math.trunc(value)}i`
const CASES: readonly Case[] = [
  { name: '100 hosts, integers', hosts: 100, print: integer },
  { name: '4000 hosts, integers', hosts: 4000, print: integer },
  { name: '100 hosts, shuffled', hosts: 100, order: 'shuffled', print: integer },
  { name: '4000 hosts, shuffled', hosts: 4000, order: 'shuffled', print: integer },
  { name: '100 hosts, both signs', hosts: 100, print: (v) => integer(v - 50) },
  { name: '100 hosts, 10 digits', hosts: 100, print: (v) => `${Math.trunc(v * 1e8) + 1e9}i` },
  { name: '100 hosts, 2 decimals', hosts: 100, print: (v) => v.toFixed(2) },
  { name: '100 hosts, 17 digits', hosts: 100, print: (v) => `${v / 3}` },
  { name: '100 hosts, 6 digits and e', hosts: 100, print: (v) => (v * 1e-9).toExponential(5) },
  { name: '100 hosts, strings', hosts: 100, print: (v) => `"state ${Math.trunc(v)}"` },
  { name: 'every line a new series', hosts: 100, order: 'new', print: integer },
]

function tagsOf(host: number): string {
  const place = `region=eu-central-${host % 3},datacenter=eu-central-${host % 3}${'ab'[host & 1]},rack=${host % 97}`
  const system = `os=Ubuntu${host % 2 ? '16.10' : '15.10'},arch=${host % 3 ? 'x64' : 'x86'},team=${['SF', 'NYC', 'LON'][host % 3]}`
  return `hostname=host_${host},${place},${system},service=${host % 20},service_version=${host % 2},service_environment=production`
}

/** What the text of a value adds to the sum. */
function worth(text: string): number {
  return text.startsWith('"') ? text.length - 2 : Number(text.endsWith('i') ? text.slice(0, -1) : text)
}

class Lines {
  readonly #one: Case
  readonly #random = generator(1)
  readonly #values: number[][]
  #row = 0

  constructor(one: Case) {
    this.#one = one
    this.#values = Array.from({ length: one.hosts }, () => FIELDS.map(() => uniform(this.#random) * 100))
  }

  next(lines: number): { body: Uint8Array; sum: number } {
    const { hosts, order, print } = this.#one
    const texts: string[] = []
    let sum = 0
    for (let i = 0; i < lines; i++, this.#row++) {
      const host = order === 'shuffled' ? this.#random() % hosts : this.#row % hosts
      const state = this.#values[host] ?? []
      const fields = FIELDS.map((field, at) => {
        state[at] = Math.min(100, Math.max(0, (state[at] ?? 0) + (uniform(this.#random) - 0.5) * 3))
        const text = print(state[at])
        sum += worth(text)
        return `usage_${field}=${text}`
      })
      const tags = tagsOf(order === 'new' ? this.#row : host)
      const time = START + INTERVAL * BigInt(Math.floor(this.#row / hosts))
      texts.push(`cpu,${tags} ${fields.join(',')} ${time}\n`)
    }
    return { body: new TextEncoder().encode(texts.join('')), sum }
  }
}

function sumOf(result: ParseResult): number {
  let sum = 0
  for (const { fields } of result.tables) {
    for (const column of fields) {
      const worths = column.type === 'string' ? column.dictionary.map((text) => text.length) : undefined
      for (const value of column.values) sum += worths?.[Number(value)] ?? Number(value)
    }
  }
  return sum
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function measure(one: Case, lines: number, repeats: number): Promise<void> {
  const generated = new Lines(one)
  const bodies = Array.from({ length: one.order === 'new' ? PARSES_A_REPEAT * (repeats + 1) : 1 }, () =>
    generated.next(lines),
  )
  const parser = new LineParser(await Kernel.create(await loadCore()))
  const spent: number[] = []
  let parses = 0
  for (let repeat = 0; repeat <= repeats; repeat++) {
    let seconds = 0
    for (let i = 0; i < PARSES_A_REPEAT; i++, parses++) {
      const { body, sum } = bodies[parses % bodies.length] ?? { body: new Uint8Array(), sum: 0 }
      const before = cpuSeconds()
      const result = parser.parse(body, { precision: 'ns', now: 0n })
      seconds += cpuSeconds() - before
      if (result.rows !== lines || result.rejectedCount > 0)
        throw new Error(`${one.name}: took ${result.rows} of ${lines} rows`)
      if (Math.abs(sumOf(result) - sum) > Math.abs(sum) * 1e-9) throw new Error(`${one.name}: the values differ`)
    }
    if (repeat > 0) spent.push(seconds / PARSES_A_REPEAT)
  }
  spent.sort((a, b) => a - b)
  const rate = (seconds = Number.NaN): string => (lines / seconds / 1e6).toFixed(2).padStart(6)
  const bytes = ((bodies[0]?.body.length ?? 0) / lines).toFixed(0).padStart(4)
  console.log(`${one.name.padEnd(26)} ${bytes}  ${rate(spent[0])}  ${rate(spent[repeats >> 1])}`)
}

const lines = Number(process.argv[2] ?? 20_000)
const repeats = Number(process.argv[3] ?? 15)
console.log(`millions of lines a second of CPU time, bodies of ${lines} lines`)
console.log('lines                    bytes    best  median')
for (const one of CASES) await measure(one, lines, repeats)
