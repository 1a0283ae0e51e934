import { moving } from '../../core/calls.ts'
import { giveUp } from '../../core/given-up-memory.ts'
import type { ColumnRows, Producer, ResolvedRows } from '../../core/rows.ts'
import { packRows } from '../../kernel/packed-rows.ts'
import { movable, RowBuffers } from '../../kernel/row-buffers.ts'
import { resolveRows } from '../write/column-rows.ts'
import type { WriteResult } from '../write/write-result.ts'
import type { Writer } from '../write/writer.ts'
import type { CallerGroups } from './caller-groups.ts'
import type { HostPort } from './host-port.ts'

/** A host in another thread: rows move to it in buffers of the pool, which come back when they are in its head. */
export function hostOfThread(port: HostPort, buffers: RowBuffers): HostPort {
  const apply: HostPort['apply'] = (tables) => {
    const packed = tables.map((rows) => (rows.memory ? rows : packRows(rows, buffers)))
    return port.apply(moving(packed, movable(packed.map(({ memory }) => memory))))
  }
  const applyGroups: HostPort['applyGroups'] = (groups) =>
    port.applyGroups(moving(groups, movable([groups.headers.buffer, groups.payloads.buffer])))
  const own: Pick<HostPort, 'apply' | 'applyGroups'> = { apply, applyGroups }
  return new Proxy(port, { get: (target, name) => Reflect.get(name in own ? own : target, name) })
}

/**
 * A writer for another thread: rows by column that came in buffers are answered with others for the next rows, and the memory
 * of text is given up at once.
 */
export function writerForThread(writer: Writer, buffers: RowBuffers): Writer {
  const appendLines: Writer['appendLines'] = async (body, ...rest) => {
    try {
      return await writer.appendLines(body, ...rest)
    } finally {
      giveUp(body)
    }
  }
  const appendResolved: Writer['appendResolved'] = async (rows, producer) => {
    const sizes = rows.parts.flatMap(({ memory }) => memory?.byteLength ?? [])
    const result = await writer.appendResolved(rows, producer)
    const memory = sizes.flatMap((size) => buffers.takeKept(size) ?? [])
    return moving({ ...result, memory }, movable(memory))
  }
  return new Proxy(writer, {
    get: (target, name) => {
      if (name === 'appendResolved') return appendResolved
      if (name === 'appendLines') return appendLines
      const method: unknown = Reflect.get(target, name)
      return typeof method === 'function' ? method.bind(target) : method
    },
  })
}

type AppendLines = (...args: Parameters<Writer['appendLines']>) => Promise<WriteResult> | WriteResult

/**
 * Appends text to a writer in another thread through shared buffers of a pool; what the text came in is given up. Text that is too
 * short or too long for the pool goes as it is.
 */
export function linesToThread(append: AppendLines, buffers: RowBuffers): AppendLines {
  return async (body, ...rest) => {
    if (!RowBuffers.keeps(body.length)) return append(body, ...rest)
    const memory = buffers.take(body.length)
    const copy = new Uint8Array(memory, 0, body.length)
    copy.set(body)
    giveUp(body)
    try {
      return await append(copy, ...rest)
    } finally {
      buffers.give(memory)
    }
  }
}

type Append<Rows> = (rows: Rows, producer?: Producer) => Promise<WriteResult> | WriteResult

/** Appends rows by column to a writer in another thread: encoded, else as copies in buffers of a pool, which take no fresh memory. */
export function columnsToThread(
  writer: { appendResolved: Append<ResolvedRows> },
  buffers: RowBuffers,
  groups: CallerGroups | undefined,
): Append<ColumnRows> {
  return async (rows, producer) => {
    const resolved = groups?.resolve(rows) ?? resolveRows(rows)
    const parts = resolved.parts.map((part) => packRows(part, buffers))
    const encoded = resolved.groups.flatMap(({ headers, payloads }) => [headers.buffer, payloads.buffer])
    const moved = moving({ ...resolved, parts }, movable([...encoded, ...parts.map((part) => part.memory)]))
    const { memory = [], ...result } = await writer.appendResolved(moved, producer)
    for (const buffer of memory) buffers.give(buffer)
    return result
  }
}
