import type { Producer } from '../core/rows.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

/** The last request of a producer that was committed. */
export interface ProducerState {
  sequence: bigint
  /** When it was, in nanoseconds since 1970 UTC. */
  time: bigint
}

/** Whose request a record of the log is, and when it was committed. */
export interface LoggedProducer extends Producer {
  time: bigint
}

export const MAX_PRODUCER_CHARACTERS = 128
/** Sequences are unsigned 64-bit integers. */
export const MAX_SEQUENCE: bigint = 2n ** 64n - 1n

export function writeProducer(out: ByteWriter, { id, sequence, time }: LoggedProducer): void {
  out.text(id)
  out.u64(sequence)
  out.i64(time)
}

export function readProducer(reader: ByteReader): LoggedProducer {
  const id = reader.text()
  if (id.length === 0 || id.length > MAX_PRODUCER_CHARACTERS) throw reader.corrupt('a producer has no fitting name')
  return { id, sequence: reader.u64(), time: reader.i64() }
}
