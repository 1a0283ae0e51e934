import type { Context } from 'hono'
import { z } from 'zod'
import { TidemarkError } from '../engine/core/errors.ts'
import type { AppendOptions } from '../engine/engine.ts'
import type { RelayEnvironment } from './environment.ts'

/** Whose request a write is, and its number among theirs: with both a repeated request changes nothing. */
export const PRODUCER_HEADER = 'Tidemark-Producer'
export const SEQUENCE_HEADER = 'Tidemark-Sequence'
/** `true` in the answer to a request that had been committed before. */
export const DUPLICATE_HEADER = 'Tidemark-Duplicate'

/** The headers as a route describes them. */
export const producerHeaders: z.ZodObject = z.object({
  [PRODUCER_HEADER]: z.string().optional(),
  [SEQUENCE_HEADER]: z.string().optional(),
})

/** What the headers of a write say. Throws `invalid` where one of them is there without the other or is none. */
export function producerOptions(context: Context<RelayEnvironment>): AppendOptions {
  const id = context.req.header(PRODUCER_HEADER)
  const sequence = context.req.header(SEQUENCE_HEADER)
  if (id === undefined && sequence === undefined) return {}
  if (id === undefined || sequence === undefined) {
    const absent = id === undefined ? PRODUCER_HEADER : SEQUENCE_HEADER
    throw new TidemarkError(
      'invalid',
      `the header ${absent} is missing; ${PRODUCER_HEADER} and ${SEQUENCE_HEADER} go together`,
    )
  }
  if (!/^\d{1,20}$/.test(sequence)) {
    const shown = sequence.slice(0, 40)
    throw new TidemarkError(
      'invalid',
      `the header ${SEQUENCE_HEADER} is '${shown}', expected an integer from 0 to 2^64 - 1`,
    )
  }
  return { producer: { id, sequence: BigInt(sequence) } }
}
