import { giveUp } from '../../core/given-up-memory.ts'
import { LARGE_BYTES } from './append-queue.ts'
import type { LineGrouping } from './line-grouping.ts'
import type { LineGroups } from './line-groups.ts'
import type { WriteResult } from './write-result.ts'
import type { Writer } from './writer.ts'

/** Larger texts go to the writer: they have more rows than become groups at once. */
const MOST_BYTES = 1 << 25
/** Bytes of texts that wait to become groups; more go to the writer, which turns away what is too much. */
export const MOST_WAITING_BYTES: number = 64 << 20
/** After texts that cannot be groups so many are not tried at most. */
const MOST_SKIPPED = 64

type AppendLines = (...args: Parameters<Writer['appendLines']>) => Promise<WriteResult> | WriteResult
type AppendGroups = (lines: LineGroups) => Promise<WriteResult | undefined>

/**
 * Appends text of many rows a series as groups, which are made in this thread, one text after the other, and all other by `appendLines`.
 * Texts are handed on in the order of calls, but for those that turn out to have something wrong. Those of producers are not made groups: one
 * that came behind a later one would count as a repeat.
 */
export class GroupedLines {
  readonly #grouping: () => Promise<LineGrouping>
  readonly #appendGroups: AppendGroups
  readonly #appendLines: AppendLines
  readonly #now: () => bigint
  #opened: Promise<LineGrouping> | undefined
  /** Resolves when the texts so far have been handed on. */
  #handedOn: Promise<unknown> = Promise.resolve()
  #waitingBytes = 0
  #skipped = 0
  #left = 0

  /** `now` is the time of rows that have none. */
  constructor(
    grouping: () => Promise<LineGrouping>,
    writer: { appendGroups: AppendGroups; appendLines: AppendLines },
    now: () => bigint,
  ) {
    this.#grouping = grouping
    this.#appendGroups = writer.appendGroups
    this.#appendLines = writer.appendLines
    this.#now = now
  }

  append: AppendLines = async (body, precision, producer, now = this.#now()) => {
    const isFull = this.#waitingBytes > 0 && this.#waitingBytes + body.length > MOST_WAITING_BYTES
    const isSmall = body.length < LARGE_BYTES
    if (isSmall || body.length > MOST_BYTES || isFull || producer !== undefined) {
      if (isSmall && producer === undefined) await this.#handedOn
      return this.#appendLines(body, precision, producer, now)
    }
    const { promise: sent, resolve } = Promise.withResolvers<void>()
    const turn = this.#handedOn
    this.#handedOn = sent
    this.#waitingBytes += body.length
    let answer: Promise<WriteResult | undefined> | undefined
    try {
      await turn
      const groups = await this.#group(body, precision, now)
      if (groups) answer = this.#appendGroups(groups)
      else return this.#appendLines(body, precision, producer, now)
    } finally {
      this.#waitingBytes -= body.length
      resolve()
    }
    const result = await answer
    if (result) {
      giveUp(body)
      return result
    }
    this.#skip()
    return this.#appendLines(body, precision, producer, now)
  }

  async #group(body: Uint8Array, precision: Parameters<AppendLines>[1], now: bigint): Promise<LineGroups | undefined> {
    if (this.#left > 0) {
      this.#left--
      return undefined
    }
    this.#opened ??= this.#grouping()
    const grouping = await this.#opened
    const groups = await grouping.group(body, { precision, now })
    if (groups) this.#skipped = 0
    else this.#skip()
    return groups
  }

  /** What does not work now will most likely not work the next time. */
  #skip(): void {
    this.#skipped = Math.min(2 * this.#skipped + 1, MOST_SKIPPED)
    this.#left = this.#skipped
  }
}
