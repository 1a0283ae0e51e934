import type { ShardHost } from './shard-host.ts'

type Answer<T> = T extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>> | Awaited<Result>
  : never

type PublicMethods<T> = { [K in keyof T]: Answer<T[K]> }

/** A shard host in this thread or in another one. */
export type HostPort = PublicMethods<ShardHost>
