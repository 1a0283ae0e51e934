import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import type { Column } from '../core/batch.ts'
import type { ColumnRows } from '../core/rows.ts'
import { columnBytes, packColumn, packRows } from '../kernel/packed-rows.ts'
import { RowBuffers, RowSpace } from '../kernel/row-buffers.ts'
import type { HostPort } from './host-port.ts'
import type { WriteResult } from './write-result.ts'
import type { Writer } from './writer.ts'

/** A host in another thread: rows move to it in buffers of the pool, which come back when they are in its head. */
export function hostOfThread(port: HostPort, buffers: RowBuffers): HostPort {
  const apply: HostPort['apply'] = (tables) => {
    const packed = tables.map((rows) => packRows(rows, buffers))
    return port.apply(
      Comlink.transfer(
        packed,
        packed.flatMap(({ memory }) => memory ?? []),
      ),
    )
  }
  return new Proxy(port, { get: (target, name) => (name === 'apply' ? apply : Reflect.get(target, name)) })
}

/** A writer for another thread: rows by column that came in a buffer are answered with another one for the next rows. */
export function writerForThread(writer: Writer, buffers: RowBuffers): Writer {
  const appendColumns: Writer['appendColumns'] = async (rows, producer, memory) => {
    const bytes = memory?.byteLength
    const result = await writer.appendColumns(rows, producer, memory)
    if (bytes === undefined) return result
    const next = buffers.take(bytes)
    return Comlink.transfer({ ...result, memory: next }, [next])
  }
  return new Proxy(writer, {
    get: (target, name) => {
      if (name === 'appendColumns') return appendColumns
      const method: unknown = Reflect.get(target, name)
      return typeof method === 'function' ? method.bind(target) : method
    },
  })
}

type AppendColumns = (...args: Parameters<Writer['appendColumns']>) => Promise<WriteResult> | WriteResult

/** Appends rows by column to a writer in another thread: as a copy in one buffer, which takes no fresh memory. */
export function columnsToThread(append: AppendColumns): AppendColumns {
  const buffers = new RowBuffers()
  return async (rows, producer) => {
    const [packed, memory] = packColumns(rows, buffers)
    const { memory: next, ...result } = await append(Comlink.transfer(packed, [memory]), producer, memory)
    if (next) buffers.give(next)
    return result
  }
}

function packColumns(rows: ColumnRows, buffers: RowBuffers): [packed: ColumnRows, memory: ArrayBuffer] {
  const { table, time, tags, fields } = rows
  const columns: readonly Column[] = [{ name: '', type: 'time', values: time }, ...tags, ...fields]
  const bytes = columns.reduce((total, column) => total + columnBytes(column, column.values.length), 0)
  const space = new RowSpace(buffers.take(bytes))
  const packed = {
    table,
    time: packColumn({ name: '', type: 'time', values: time }, space).values,
    tags: tags.map((column) => packColumn(column, space)),
    fields: fields.map((column) => packColumn(column, space)),
  }
  return [packed, space.buffer]
}
