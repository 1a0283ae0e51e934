// A relay that lets few writes in at once, in a process of its own: `node small-relay.ts DIRECTORY PORT`.
import { openEngine } from '../../engine/engine.ts'
import { serve } from '../../relay/server.ts'

const [directory = '', port = ''] = process.argv.slice(2)
const engine = await openEngine({ store: { kind: 'files', directory } })
const server = await serve({ engine, port: Number(port), limits: { runningWrites: 8, waitingWrites: 32 } })
process.once('SIGTERM', () => void server.close().then(() => engine.close()))
