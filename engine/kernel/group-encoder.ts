/** Rows of series with many of them each as groups of blocks, in one step from columns as they came. */
import type { Column } from '../core/batch.ts'
import type { GroupField, TableGroups, TableRows } from '../core/rows.ts'
import { BLOCK_ROWS, HEADER_BYTES, typeByte } from './header.ts'
import type { Kernel } from './kernel.ts'
import type { CoreInstance } from './memory.ts'

/** wasm/codec/groups.ts: rows that are encoded at once, and least rows of a group. */
export const MOST_GROUPED_ROWS = 131_072
export const LEAST_GROUP_ROWS = 128

/** What is kept to gather payloads in for the next groups, unless they were very many. */
const MOST_GATHERED_BYTES = 1 << 20

interface GroupExports {
  groupsCreate(): void
  groupValues(): number
  groupOrder(): number
  groupCounts(): number
  groupHeaders(): number
  groupPayloads(): number
  encodeGroups(type: number, count: number): number
}

/** Which rows are of which group. */
interface GroupPlan {
  /** Where rows of each series begin in the order by series. */
  starts: Uint32Array
  /** Of each group: its series and its rows. */
  series: Uint32Array
  counts: Uint16Array
}

/** Parts of one table whose `series` are below `distinct`, and their groups; `undefined` where they are better left as rows. */
export class GroupEncoder {
  readonly #core: CoreInstance
  readonly #exports: GroupExports
  #gathered = new Uint8Array(1 << 16)
  #gatheredBytes = 0

  constructor({ instance }: Kernel) {
    const { exports } = instance
    if (!hasGroups(exports)) throw new Error('this WebAssembly module has no groups')
    exports.groupsCreate()
    this.#core = instance
    this.#exports = exports
  }

  /**
   * The rows of some parts, `MOST_GROUPED_ROWS` at most, as groups, rows of a series in their order. `undefined` where a series has fewer
   * rows than `LEAST_GROUP_ROWS`, its times do not rise strictly, a value is missing, or a field is neither f64 nor i64.
   */
  encode(parts: readonly TableRows[], distinct: number): TableGroups | undefined {
    const [first] = parts
    if (first === undefined || !parts.every(isWhole)) return undefined
    const fields = fieldsOf(first)
    if (fields === undefined) return undefined
    const plan = planGroups(parts, distinct)
    if (plan === undefined) return undefined
    this.#putPlan(parts, plan)
    const columnBytes = plan.counts.length * HEADER_BYTES
    const headers = new Uint8Array((1 + fields.length) * columnBytes)
    this.#gatheredBytes = 0
    for (const [i, type] of (['time', ...fields.map((field) => field.type)] as const).entries()) {
      const into = headers.subarray(i * columnBytes, (i + 1) * columnBytes)
      if (!this.#encodeColumn(parts, i - 1, type, into)) return undefined
    }
    return { table: first.table, series: plan.series, fields, headers, payloads: this.#payloads() }
  }

  #putPlan(parts: readonly TableRows[], { starts, counts }: GroupPlan): void {
    const { buffer } = this.#core.exports.memory
    const rows = parts.reduce((total, { time }) => total + time.length, 0)
    const order = new Uint32Array(buffer, this.#exports.groupOrder(), rows)
    let row = 0
    for (const { series } of parts) {
      for (let i = 0; i < series.length; i++) {
        const number = series[i] as number
        const at = starts[number] as number
        order[at] = row++
        starts[number] = at + 1
      }
    }
    new Uint16Array(buffer, this.#exports.groupCounts(), counts.length).set(counts)
  }

  /** Encodes the times (place -1) or a field; false where times do not rise. Payloads are gathered. */
  #encodeColumn(parts: readonly TableRows[], place: number, type: Column['type'], headers: Uint8Array): boolean {
    let at = this.#exports.groupValues()
    for (const part of parts) {
      const { buffer, byteOffset, byteLength } = valuesAt(part, place)
      this.#core.u8.set(new Uint8Array(buffer, byteOffset, byteLength), at)
      at += byteLength
    }
    const bytes = this.#exports.encodeGroups(typeByte(type), headers.length / HEADER_BYTES)
    if (bytes < 0) return false
    const [headersAt, payloadsAt] = [this.#exports.groupHeaders(), this.#exports.groupPayloads()]
    const { u8 } = this.#core
    headers.set(u8.subarray(headersAt, headersAt + headers.length))
    this.#gather(u8.subarray(payloadsAt, payloadsAt + bytes))
    return true
  }

  #gather(bytes: Uint8Array): void {
    const end = this.#gatheredBytes + bytes.length
    if (end > this.#gathered.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#gathered.length))
      grown.set(this.#gathered.subarray(0, this.#gatheredBytes))
      this.#gathered = grown
    }
    this.#gathered.set(bytes, this.#gatheredBytes)
    this.#gatheredBytes = end
  }

  /** What was gathered, in memory of its own. */
  #payloads(): Uint8Array {
    const payloads = this.#gathered.slice(0, this.#gatheredBytes)
    if (this.#gathered.length > MOST_GATHERED_BYTES) this.#gathered = new Uint8Array(1 << 16)
    return payloads
  }
}

/** The fields where all can be in groups. */
function fieldsOf({ fields }: TableRows): GroupField[] | undefined {
  const found: GroupField[] = []
  for (const { name, type } of fields) if (type === 'f64' || type === 'i64') found.push({ name, type })
  return found.length === fields.length ? found : undefined
}

function isWhole({ fields }: TableRows): boolean {
  return fields.every(({ validity }) => validity === undefined)
}

function valuesAt({ time, fields }: TableRows, place: number): Column['values'] {
  return place < 0 ? time : (fields[place] as Column).values
}

/** Rows of a series go to as few groups as can be, of about as many each. */
function planGroups(parts: readonly TableRows[], distinct: number): GroupPlan | undefined {
  const rows = new Uint32Array(distinct)
  for (const { series } of parts) for (let i = 0; i < series.length; i++) (rows[series[i] as number] as number)++
  const starts = new Uint32Array(distinct)
  const series: number[] = []
  const counts: number[] = []
  let start = 0
  for (const [number, count] of rows.entries()) {
    starts[number] = start
    start += count
    if (count === 0) continue
    if (count < LEAST_GROUP_ROWS) return undefined
    const groups = Math.ceil(count / BLOCK_ROWS)
    for (let group = 0; group < groups; group++) {
      series.push(number)
      counts.push(Math.floor((count + group) / groups))
    }
  }
  return { starts, series: Uint32Array.from(series), counts: Uint16Array.from(counts) }
}

function hasGroups(exports: object): exports is GroupExports {
  return 'encodeGroups' in exports
}
