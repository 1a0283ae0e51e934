import { type DenseBlock, type FastBlock, MODEL_BLOCKS, MODEL_VALUES } from '../kernel/dense-encoder.ts'
import { blockEncoding, blockNulls, blockRows, blockType, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'
import { type EncodedGroup, GroupOfBlocks } from './encoded-group.ts'

/** A series on its way to a segment. */
export interface EncodedSeries {
  table: string
  fields: readonly string[]
  groups: readonly EncodedGroup[]
}

/** Blocks of fewer rows stay fast: eight states and a start would be much of what they take. */
const LEAST_DENSE_ROWS = 32
/** Dense blocks are read at about half the speed of fast ones, many at less: they have to save at least this share of the bytes. */
const LEAST_SAVING = 1 / 16
/** Modes of streams that store no value by itself; nothing is shorter. */
const CONSTANT_MODE = 1
const LINEAR_MODE = 2
/** Families of integers, decimals and float bits. */
const NUMBER_FAMILIES: readonly number[] = [1, 2, 3]

/** Blocks of one column and one kind that may share models, in the order of series and groups. */
type Column = Block[]

/**
 * Encodes the columns of many series anew where that saves enough, with models that blocks of a column share over series. A
 * pure function of the blocks. `pause` is called between models, each the work of about a millisecond.
 */
export async function encodeDensely<T extends EncodedSeries>(
  all: readonly T[],
  kernel: Kernel,
  pause: () => Promise<void>,
): Promise<T[]> {
  const replaced = new Map<Block, Block>()
  for (const column of columnsOf(all)) {
    for (const blocks of sharesOf(column)) {
      replaceBlocks(blocks, kernel, replaced)
      await pause()
    }
  }
  return all.map((series) => ({ ...series, groups: series.groups.map((group) => withBlocks(group, series, replaced)) }))
}

function columnsOf(all: readonly EncodedSeries[]): Iterable<Column> {
  const columns = new Map<string, Column>()
  for (const { table, fields, groups } of all) {
    for (const field of fields) {
      for (const group of groups) {
        const block = group.field(field)
        if (block === undefined || !mayBeDense(block)) continue
        const key = JSON.stringify([table, field, blockType(block.view, block.block), familyOf(block)])
        const column = columns.get(key)
        if (column) column.push(block)
        else columns.set(key, [block])
      }
    }
  }
  return columns.values()
}

function familyOf({ view, block }: Block): number {
  return blockEncoding(view, block) >> 4
}

function mayBeDense(block: Block): boolean {
  const { view, block: number, model } = block
  const rows = blockRows(view, number)
  if (model !== undefined || rows < LEAST_DENSE_ROWS || blockNulls(view, number) === rows) return false
  const mode = blockEncoding(view, number) & 15
  return mode !== CONSTANT_MODE && mode !== LINEAR_MODE && NUMBER_FAMILIES.includes(familyOf(block))
}

/** Cuts a column into what one model may be trained on. */
function* sharesOf(column: Column): Generator<Column> {
  let share: Column = []
  let rows = 0
  for (const block of column) {
    const more = blockRows(block.view, block.block)
    if (rows + more > MODEL_VALUES || share.length === MODEL_BLOCKS) {
      yield share
      share = []
      rows = 0
    }
    share.push(block)
    rows += more
  }
  yield share
}

function replaceBlocks(blocks: readonly Block[], kernel: Kernel, replaced: Map<Block, Block>): void {
  const dense = kernel.dense.encode(
    blocks.map(({ headers, block, payload }): FastBlock => ({ headers, headerAt: block * HEADER_BYTES, payload })),
  )
  if (dense === undefined) return
  let before = 0
  let after = dense.model.bytes.length
  const chosen = new Map<Block, Block>()
  blocks.forEach((block, i) => {
    const { headers, payload } = dense.blocks[i] as DenseBlock
    before += block.payload.length
    after += Math.min(block.payload.length, payload.length)
    if (payload.length >= block.payload.length) return
    const view = new DataView(headers.buffer, headers.byteOffset, HEADER_BYTES)
    chosen.set(block, { headers, view, block: 0, payload, model: dense.model })
  })
  if (after > before * (1 - LEAST_SAVING)) return
  for (const [block, better] of chosen) replaced.set(block, better)
}

function withBlocks(group: EncodedGroup, { fields }: EncodedSeries, replaced: ReadonlyMap<Block, Block>): EncodedGroup {
  const blocks = new Map<string, Block>()
  for (const field of fields) {
    const block = group.field(field)
    if (block) blocks.set(field, replaced.get(block) ?? block)
  }
  return new GroupOfBlocks(group, group.time, blocks)
}
