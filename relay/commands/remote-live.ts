import { WebSocket } from 'ws'
import { z } from 'zod'
import { fromPlainError, TidemarkError } from '../../engine/core/errors.ts'
import { columnsSchema, errorSchema, scalarSchema } from '../api-schemas.ts'
import type { LiveReader } from './live-answer.ts'

const rowsSchema = z.array(z.array(scalarSchema))
const messageSchema = z.union([
  z.object({ kind: z.literal('result'), columns: columnsSchema, keys: z.array(z.string()), rows: rowsSchema }),
  z.object({
    kind: z.literal('delta'),
    changed: z.object({ rows: rowsSchema }),
    removed: z.object({ rows: rowsSchema }),
  }),
  errorSchema,
])

/** Subscribes at a relay by a WebSocket of its own; returns how to stop. */
export function subscribeRemotely(
  text: string,
  { url, headers }: { url: string; headers: Record<string, string> },
  reader: LiveReader,
): () => void {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/live`, { headers })
  let ended = false
  const end = (error: Error): void => {
    if (ended) return
    ended = true
    socket.close()
    reader.error(error)
  }
  socket.on('open', () => socket.send(JSON.stringify({ id: 1, subscribe: text })))
  socket.on('message', (data) => {
    const message = messageSchema.safeParse(parseJson(String(data)))
    if (ended) return
    if (!message.success) end(new TidemarkError('corrupt', 'what answers is not a relay of this version'))
    else if ('error' in message.data) end(fromPlainError(message.data.error))
    else reader.next(message.data)
  })
  socket.on('error', (cause) => end(new TidemarkError('io', `no relay answers at ${url}: ${cause.message}`, { cause })))
  socket.on('close', () => end(new TidemarkError('io', 'the relay has ended the connection')))
  return () => {
    ended = true
    socket.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
