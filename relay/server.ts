import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { TidemarkError } from '../engine/core/errors.ts'
import { type AppOptions, createApp } from './app.ts'
import { DEFAULT_LIMITS } from './limits.ts'

/** How long requests that have begun may take to finish once the server stops. */
const FINISH_MS = 5000

/** Longer than clients wait between two writes, so that they do not meet a connection that closes just then. */
const KEEP_ALIVE_MS = 65_000

/** Close code "going away" of RFC 6455 §7.4.1. */
const GOING_AWAY = 1001

export interface ServeOptions extends AppOptions {
  /** Default 8086; 0 takes any that is free. */
  port?: number
}

export interface RelayServer {
  /** Where it listens, as `http://127.0.0.1:8086`. */
  url: string
  port: number
  /** Takes nothing new, lets what has begun finish for 5 seconds at most, and resolves. The engine stays open. */
  close(): Promise<void>
}

/** Serves an engine over HTTP. Throws a `TidemarkError` where the address cannot be bound. */
export async function serve(options: ServeOptions): Promise<RelayServer> {
  const { host = '127.0.0.1', port = 8086 } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const app = createApp(options)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.socketMessageBytes,
    perMessageDeflate: false,
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS },
    // The two packages' types differ in an optional option being undefined, which it is not.
    websocket: { server: sockets as WebSocketServerLike },
    // It is an http.Server since no other kind is asked for.
  }) as Server
  const address = await listen(server, host, port)
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return { url: `http://${shown}:${address.port}`, port: address.port, close: () => close(server, sockets) }
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen({ host, port }, () => {
      const address = server.address()
      if (address !== null && typeof address === 'object') resolve(address)
      else reject(new TidemarkError('io', `${host} is not an address of the network`))
    })
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): TidemarkError {
  const cause = { cause: error }
  if (error.code === 'EADDRINUSE') {
    return new TidemarkError(
      'io',
      `port ${port} is in use by another program; stop it, or choose another port with --port`,
      cause,
    )
  }
  if (error.code === 'EACCES') {
    return new TidemarkError(
      'io',
      `port ${port} needs rights that this user has not; choose one above 1023 with --port`,
      cause,
    )
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new TidemarkError('io', `${host} is not an address of this machine; choose one with --host`, cause)
  }
  return new TidemarkError('io', `cannot listen on ${host}:${port}: ${error.message}`, cause)
}

async function close(server: Server, sockets: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the relay stops')
  server.closeIdleConnections()
  const timer = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
  }, FINISH_MS)
  await closed
  clearTimeout(timer)
}
