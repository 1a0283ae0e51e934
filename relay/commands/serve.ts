import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../../engine/core/clock.ts'
import type { Engine } from '../../engine/engine.ts'
import { collectOwnHost, type HostMetrics } from '../host-metrics.ts'
import { consoleLog, type Log } from '../log.ts'
import { isLoopback } from '../middleware/same-origin.ts'
import { collectOwnGarbage } from '../own-garbage.ts'
import { VERSION } from '../package-version.ts'
import { appFolder } from '../routes/app-files.ts'
import { type RelayServer, serve } from '../server.ts'
import { coldOptions } from './cold-tier.ts'
import { dataOption } from './options.ts'
import { openStore, type StoreFlags, tellFaults } from './store.ts'
import { evictableOption, maxBytesOption, maxSeriesOption, retentionOption, rollupOption } from './table-rules.ts'

const TOKEN_BYTES = 24

interface ServeFlags extends StoreFlags {
  host: string
  port: number
  data: string
  hostMetrics: boolean
  token?: string
  allowOrigin: string[]
}

/** Adds `tidemark serve`. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('store data that clients send, answer queries, and show this machine on a live dashboard')
    .addOption(new Option('--host <address>', 'address to listen on').env('TIDEMARK_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <number>', 'port to listen on').env('TIDEMARK_PORT').default(8086).argParser(parsePort),
    )
    .addOption(dataOption())
    .option('--no-host-metrics', 'do not collect the metrics of this machine')
    .addOption(
      new Option('--token <text>', 'what every request must show; made up where --host is not loopback').env(
        'TIDEMARK_TOKEN',
      ),
    )
    .addOption(
      new Option('--allow-origin <origin>', 'pages of this origin may use the relay; may be repeated')
        .argParser((value: string, all: string[]) => [...all, parseOrigin(value)])
        .default([], 'none'),
    )
    .addOption(retentionOption())
    .addOption(rollupOption())
    .addOption(maxSeriesOption())
    .addOption(maxBytesOption())
    .addOption(evictableOption())
    .addOption(new Option('--workers <count>', 'threads that hold the data').argParser(parseWorkers))
    .addOption(
      new Option('--answer-cache <MiB>', 'memory for aggregates of earlier answers; 0 keeps none').argParser(
        parseMebibytes,
      ),
    )
  for (const option of coldOptions()) command.addOption(option)
  command.action((flags: ServeFlags) => runServe(flags, consoleLog))
}

async function runServe(flags: ServeFlags, log: Log): Promise<void> {
  // That nobody reads the log any more is no reason to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const generated =
    flags.token === undefined && !isLoopback(flags.host) ? randomBytes(TOKEN_BYTES).toString('base64url') : undefined
  const token = flags.token ?? generated
  collectOwnGarbage()
  const engine = await openStore(flags.data, flags)
  tellFaults((await engine.statistics()).quarantined, log.warn)
  const server = await serveOn(engine, flags, { token, log })
  announce(server, flags, { token: generated, log })
  const data = resolve(flags.data)
  const metrics = flags.hostMetrics ? collectOwnHost(engine, systemClock, { paths: ['/', data], log }) : undefined
  stopOnSignal({ server, metrics, engine, log })
}

async function serveOn(
  engine: Engine,
  flags: ServeFlags,
  { token, log }: { token: string | undefined; log: Log },
): Promise<RelayServer> {
  const folder = appFolder()
  try {
    return await serve({
      engine,
      log,
      host: flags.host,
      port: flags.port,
      allowedOrigins: flags.allowOrigin,
      ...(token !== undefined && { token }),
      ...(folder !== undefined && { appFolder: folder }),
    })
  } catch (error) {
    await engine.close()
    throw error
  }
}

function announce(
  server: RelayServer,
  flags: ServeFlags,
  { token, log }: { token: string | undefined; log: Log },
): void {
  const reach = isLoopback(flags.host) ? 'this machine only' : 'everybody who can reach this machine and has the token'
  log.info(`tidemark ${VERSION} listens on ${server.url}, for ${reach}`)
  if (token !== undefined) log.info(`token, made up for this run: ${token} (open ${server.url}/?token=${token})`)
  log.info(`data lies in ${resolve(flags.data)}`)
  log.info(
    flags.hostMetrics
      ? 'metrics of this machine are collected every second and kept for 30 days (--no-host-metrics turns this off)'
      : 'metrics of this machine are not collected',
  )
}

interface Running {
  server: RelayServer
  metrics: HostMetrics | undefined
  engine: Engine
  log: Log
}

/** A signal this soon after the first is the same: a terminal and `npm` both pass Ctrl-C on. */
const SAME_SIGNAL_MS = 500

/** The first signal stops in order, the second at once. */
function stopOnSignal({ server, metrics, engine, log }: Running): void {
  let stoppingSinceMs: number | undefined
  const stop = async (): Promise<void> => {
    const nowMs = performance.now()
    if (stoppingSinceMs !== undefined) {
      if (nowMs - stoppingSinceMs > SAME_SIGNAL_MS) process.exit(1)
      return
    }
    stoppingSinceMs = nowMs
    log.info('stopping; a second signal stops at once')
    try {
      await metrics?.stop()
      await server.close()
      await engine.close()
      process.exit(0)
    } catch (error) {
      log.warn(`could not stop cleanly: ${error instanceof Error ? error.message : error}`)
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

function parseWorkers(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('It is a number from 0 to 99.')
  return Number(text)
}

function parseMebibytes(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is a whole number of MiB.')
  return Number(text) * 2 ** 20
}

/** An origin as browsers send it: scheme, host and port, nothing after. */
function parseOrigin(text: string): string {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin === 'null' || !/^https?:/.test(origin))
    throw new InvalidArgumentError('It looks like https://example.org.')
  return origin
}
