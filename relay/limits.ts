/** What one relay takes on at most. Everything beyond is refused with a status that says so, never queued without end. */
export interface RelayLimits {
  /** Bytes of one request's body, as sent and also once inflated. */
  bodyBytes: number
  /** Writes that run at once. */
  runningWrites: number
  /** Bytes of the bodies of all writes that run: what they announce, or `bodyBytes` where that does not bound them. */
  writeBytes: number
  /** Writes that wait for their turn, bodies unread. */
  waitingWrites: number
  /** Milliseconds until a query that does not ask for more time is cancelled, or a body that does not arrive is given up. */
  requestMs: number
  /** Open WebSockets. */
  sockets: number
  /** Subscriptions of one WebSocket. */
  socketSubscriptions: number
  /** Bytes of one message from a client. */
  socketMessageBytes: number
  /** Bytes that one slow WebSocket may leave unread before its subscriptions start over. */
  socketBufferBytes: number
}

export const DEFAULT_LIMITS: RelayLimits = {
  bodyBytes: 64 * 1024 * 1024,
  runningWrites: 256,
  writeBytes: 512 * 1024 * 1024,
  waitingWrites: 1024,
  requestMs: 60_000,
  sockets: 256,
  socketSubscriptions: 64,
  socketMessageBytes: 64 * 1024,
  socketBufferBytes: 4 * 1024 * 1024,
}
