import { partialArrays } from '../aggregate/states.ts'
import type { Batch } from '../core/batch.ts'
import { moving } from '../core/calls.ts'
import { movable } from '../kernel/row-buffers.ts'
import type { HostPort } from './shard/host-port.ts'
import type { RowsPage, ShardPartial } from './shard/shard-shares.ts'

/** A host whose answers move to the thread that asked instead of being copied. */
export function movingHost(host: HostPort): HostPort {
  return {
    openSegments: (infos) => host.openSegments(infos),
    keepIndex: (share, isInUse) => host.keepIndex(share, isInUse),
    register: (keys, shards) => host.register(keys, shards),
    knows: (keys, shards) => host.knows(keys, shards),
    keysOf: (refs) => host.keysOf(refs),
    forgetUnused: () => host.forgetUnused(),
    apply: async (tables) => {
      const applied = await host.apply(tables)
      return moving(applied, movable(applied.memory))
    },
    applyGroups: (groups) => host.applyGroups(groups),
    delete: (tombstone) => host.delete(tombstone),
    bounds: (table) => host.bounds(table),
    freeze: () => host.freeze(),
    rest: () => host.rest(),
    writeFrozen: () => host.writeFrozen(),
    compact: (names, settle) => host.compact(names, settle),
    replace: (removed, added) => host.replace(removed, added),
    openCold: (location, budgetBytes) => host.openCold(location, budgetBytes),
    setColdFiles: (files) => host.setColdFiles(files),
    rowDays: (tables) => host.rowDays(tables),
    takeReads: () => host.takeReads(),
    holdDeletes: (from) => host.holdDeletes(from),
    writeColdDay: (task) => host.writeColdDay(task),
    withoutDays: (segment, days) => host.withoutDays(segment, days),
    aggregate: async (plan) => {
      const partials = await host.aggregate(plan)
      return moving(partials, partials.flatMap(partialBuffers))
    },
    latest: async (plan, types) => movingBatch(await host.latest(plan, types)),
    openRows: async (plan, types) => movingPage(await host.openRows(plan, types)),
    nextRows: async (cursor) => movingPage(await host.nextRows(cursor)),
    closeRows: (cursor) => host.closeRows(cursor),
    cancelRead: (reader) => host.cancelRead(reader),
    estimate: (plans) => host.estimate(plans),
    readCounts: (readers) => host.readCounts(readers),
    series: (table, matchers, limit) => host.series(table, matchers, limit),
    tagValues: (table, tag, limit) => host.tagValues(table, tag, limit),
    tableCardinality: () => host.tableCardinality(),
    tagCardinality: (table) => host.tagCardinality(table),
    encodings: (table) => host.encodings(table),
    statistics: () => host.statistics(),
  }
}

function movingPage(page: RowsPage): RowsPage {
  return page.batch ? moving(page, buffersOf(page.batch)) : page
}

function movingBatch(batch: Batch): Batch {
  return moving(batch, buffersOf(batch))
}

function buffersOf(batch: Batch): ArrayBuffer[] {
  return distinct(batch.columns.flatMap(({ values, validity }) => [values, validity]))
}

function partialBuffers({ partial }: ShardPartial): ArrayBuffer[] {
  const tables = (partial.accumulated ?? []).flatMap(({ offsets, columns }) => [
    offsets,
    ...columns.flatMap(({ values, validity }) => [values, validity]),
  ])
  return distinct([...partialArrays(partial), ...tables])
}

/** To move a buffer costs as much as to copy some KiB. */
const COPIED_BYTES = 4096

/** The buffers that are worth moving, each once. */
function distinct(views: readonly (ArrayBufferView | undefined)[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const view of views) {
    if (view?.buffer instanceof ArrayBuffer && view.buffer.byteLength > COPIED_BYTES) buffers.add(view.buffer)
  }
  return [...buffers]
}
