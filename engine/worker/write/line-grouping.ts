import { nextTurn } from '../../core/next-turn.ts'
import type { TableGroups } from '../../core/rows.ts'
import { keyText } from '../../core/series.ts'
import { MOST_GROUPED_ROWS } from '../../kernel/group-encoder.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { packKeys, unpackKeys } from '../../kernel/key-batch.ts'
import { LineParser, type ParseOptions } from '../../kernel/line-parser.ts'
import type { ParseResult } from '../../kernel/parse-result.ts'
import { RowBuffers } from '../../kernel/row-buffers.ts'
import { SHARDS } from '../shard/shard-host.ts'
import { HeldRows } from './held-rows.ts'
import type { LineGroups } from './line-groups.ts'
import { RowGrouping } from './row-grouping.ts'
import { PIECE_BYTES } from './row-intake.ts'

/** Series keys that are remembered. Text of many more has few rows of each. */
const MOST_KEYS = 1 << 16

/** A series as its first row was written. */
interface KnownSeries {
  key: Uint8Array
  host: number
}

/**
 * Makes groups of text in a thread that has it, so that neither the text nor its rows go to the writer's. It knows no tables of the store:
 * the writer holds what it makes against them, and what is not all in order it leaves to the writer.
 */
export class LineGrouping {
  readonly #hosts: number
  readonly #buffers = new RowBuffers()
  readonly #parser: LineParser
  readonly #grouping: RowGrouping
  /** By number of the parser less that of the first one. */
  #series: KnownSeries[] = []
  #firstKey = 0
  readonly #texts = new Set<string>()
  /** Whether a series was written in two ways: its rows would be in two groups, and which are later would be lost. */
  #isAmbiguous = false
  readonly #tags = new Map<string, string[]>()

  /** In a core of its own. `seed` as the parser has it; the hosts of a store as they share its series. */
  static async open(core: WebAssembly.Module, seed: readonly [bigint, bigint], hosts: number): Promise<LineGrouping> {
    return new LineGrouping(await Kernel.create(core), seed, hosts)
  }

  constructor(kernel: Kernel, seed: readonly [bigint, bigint], hosts: number) {
    this.#hosts = hosts
    this.#parser = new LineParser(kernel, { seed, buffers: this.#buffers, maxKeys: MOST_KEYS })
    const series = { hostCount: hosts, hostOf: (number: number) => this.#seriesOf(number).host }
    this.#grouping = new RowGrouping({ kernel, hosts: series, buffers: this.#buffers })
  }

  /** The rows of a text as groups; `undefined` where not all of it can be. Others get a turn between its pieces. */
  async group(body: Uint8Array, options: ParseOptions): Promise<LineGroups | undefined> {
    const held = new HeldRows()
    for (const piece of this.#parser.pieces(body, options, PIECE_BYTES)) {
      const isForgotten = piece.firstKey !== this.#firstKey && held.rows > 0
      this.#learn(piece)
      for (const { table, keys, time, fields, memory } of piece.tables) {
        held.add({ table, series: keys, time, fields, memory })
      }
      const isInOrder = piece.rejectedCount === 0 && piece.warnings.length === 0
      const isKnown = !isForgotten && !this.#isAmbiguous
      if (!isInOrder || !isKnown || held.rows > MOST_GROUPED_ROWS) return this.#giveUp(held)
      await nextTurn()
    }
    const { rows } = held
    const tables: LineGroups['tables'][number][] = []
    for (const parts of held.take()) {
      const groups = await this.#grouping.groupsOf(parts)
      if (groups === undefined) return this.#giveUp(held)
      tables.push(this.#withKeys(groups))
    }
    const bytes = tables.reduce((sum, { groups }) => sum + groups.headers.length + groups.payloads.length, 0)
    return { rows, bytes, tables }
  }

  #learn({ firstKey, newKeys, newTags }: ParseResult): void {
    if (firstKey !== this.#firstKey) {
      // Numbers below are forgotten, and with them which keys there were.
      this.#series = firstKey < this.#firstKey ? [] : this.#series.slice(firstKey - this.#firstKey)
      this.#firstKey = firstKey
      this.#texts.clear()
      for (const { key } of this.#series) this.#texts.add(keyText(key))
      this.#isAmbiguous = this.#texts.size < this.#series.length
    }
    for (const [i, key] of unpackKeys(newKeys.keys).entries()) {
      const text = keyText(key)
      if (this.#texts.has(text)) this.#isAmbiguous = true
      this.#texts.add(text)
      const host = ((newKeys.hashes[i] as number) % SHARDS) % this.#hosts
      this.#series[newKeys.first - this.#firstKey + i] = { key: key.slice(), host }
    }
    for (const { table, tag } of newTags) this.#tags.set(table, [...(this.#tags.get(table) ?? []), tag])
  }

  #seriesOf(number: number): KnownSeries {
    return this.#series[number - this.#firstKey] as KnownSeries
  }

  #withKeys(groups: TableGroups): LineGroups['tables'][number] {
    const numbers = [...new Set(groups.series)]
    const places = new Map(numbers.map((number, place) => [number, place]))
    return {
      groups: { ...groups, series: groups.series.map((number) => places.get(number) as number) },
      tags: this.#tags.get(groups.table) ?? [],
      keys: packKeys(numbers.map((number) => this.#seriesOf(number).key)),
    }
  }

  #giveUp(held: HeldRows): undefined {
    for (const { memory } of held.take().flat()) if (memory) this.#buffers.give(memory)
    return undefined
  }
}
