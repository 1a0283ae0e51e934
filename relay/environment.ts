import type { IncomingMessage, ServerResponse } from 'node:http'

/** What Hono's handlers find in their context. Node's own request is absent where the app is called without a server. */
export interface RelayEnvironment {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse }
}
