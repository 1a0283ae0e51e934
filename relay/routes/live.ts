import { upgradeWebSocket } from '@hono/node-server'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { WebSocket } from 'ws'
import type { Engine } from '../../engine/engine.ts'
import type { RelayEnvironment } from '../environment.ts'
import { RequestError } from '../error-response.ts'
import type { RelayLimits } from '../limits.ts'
import { LiveSession, type LiveSessionOptions } from '../live-session.ts'

/** A socket that has not answered a ping when the next is due is dropped. */
const PING_MS = 30_000

/** Close codes of RFC 6455 §7.4.1. */
const UNSUPPORTED_DATA = 1003
const POLICY_VIOLATION = 1008

const liveRoute = createRoute({
  method: 'get',
  path: '/api/live',
  summary: 'WebSocket: subscribe to answers',
  description:
    'The client sends {"id", "subscribe": TSQL, "params"?, "minIntervalMs"?} and {"id", "unsubscribe": true}. The relay sends ' +
    '{"id", "kind": "result", "columns", "keys", "rows"} first and {"id", "kind": "delta", "changed", "removed"} after that, ' +
    'or {"id", "error"}. A client that does not keep up gets a whole result again instead of the deltas that it missed.',
  request: { headers: z.object({ upgrade: z.literal('websocket') }) },
  responses: {
    101: { description: 'The protocol is switched' },
    426: { description: 'This is not a request for a WebSocket' },
    503: { description: 'Too many sockets are open' },
  },
})

/** Adds the WebSocket of live answers. It needs Node's server under the app. */
export function addLiveRoute(app: OpenAPIHono<RelayEnvironment>, engine: Engine, limits: RelayLimits): void {
  let open = 0
  app.openAPIRegistry.registerPath(liveRoute)
  app.get(
    liveRoute.path,
    async (context, next) => {
      if (context.req.header('upgrade')?.toLowerCase() !== 'websocket') {
        throw new RequestError(426, 'invalid', 'this is for WebSockets', {
          Upgrade: 'websocket',
          Connection: 'Upgrade',
        })
      }
      if (open >= limits.sockets) throw new RequestError(503, 'quota', `${limits.sockets} sockets are open already`)
      await next()
    },
    upgradeWebSocket((context) => {
      const client: string | undefined = context.env?.incoming?.socket.remoteAddress
      let session: LiveSession | undefined
      let stopPings: (() => void) | undefined
      return {
        onOpen: (_, { raw }) => {
          if (!(raw instanceof WebSocket)) throw new Error('the server under the app has no WebSockets of ws')
          open++
          session = sessionOn(raw, { engine, limits, client })
          stopPings = keepAlive(raw)
        },
        onMessage: ({ data }, socket) => {
          if (typeof data !== 'string') socket.close(UNSUPPORTED_DATA, 'messages are JSON text')
          else session?.receive(data)
        },
        onClose: () => {
          open--
          stopPings?.()
          session?.close()
        },
      }
    }),
  )
}

function sessionOn(socket: WebSocket, options: Omit<LiveSessionOptions, 'socket'>): LiveSession {
  return new LiveSession({
    ...options,
    socket: {
      bufferedBytes: () => socket.bufferedAmount,
      send: (text) => {
        // Answers to a flood of wrong messages are not held back as updates are.
        if (socket.bufferedAmount > 2 * options.limits.socketBufferBytes)
          socket.close(POLICY_VIOLATION, 'answers are not read')
        else if (socket.readyState === WebSocket.OPEN) socket.send(text)
      },
    },
  })
}

function keepAlive(socket: WebSocket): () => void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, PING_MS).unref()
  return () => clearInterval(timer)
}
