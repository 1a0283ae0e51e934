import type { SystemDescription } from './system.ts'

interface RegisteredSystem {
  /** Seconds that measuring takes at the default size, from which the time that is left is told. */
  typicalSeconds: number
  /** Loads the system's libraries, which happens in the process that measures it. */
  load(): Promise<SystemDescription>
}

/** Every system by its name on the command line. */
export const SYSTEMS: Readonly<Record<string, RegisteredSystem>> = {
  tidemark: { typicalSeconds: 20, load: async () => (await import('./tidemark.ts')).tidemark },
  'tidemark-inline': { typicalSeconds: 20, load: async () => (await import('./tidemark.ts')).tidemarkInline },
  'tidemark-http': { typicalSeconds: 20, load: async () => (await import('./tidemark-http.ts')).tidemarkHttp },
  'tidemark-http-inline': {
    typicalSeconds: 20,
    load: async () => (await import('./tidemark-http.ts')).tidemarkHttpInline,
  },
  'tidemark-chromium': {
    typicalSeconds: 30,
    load: async () => (await import('./tidemark-chromium.ts')).tidemarkChromium,
  },
  duckdb: { typicalSeconds: 15, load: async () => (await import('./duckdb.ts')).duckdb },
  'duckdb-sorted': { typicalSeconds: 15, load: async () => (await import('./duckdb.ts')).duckdbSorted },
  'duckdb-wasm-chromium': {
    typicalSeconds: 40,
    load: async () => (await import('./duckdb-wasm-chromium.ts')).duckdbWasmChromium,
  },
  victoriametrics: { typicalSeconds: 50, load: async () => (await import('./victoriametrics.ts')).victoriametrics },
  clickhouse: { typicalSeconds: 30, load: async () => (await import('./clickhouse.ts')).clickhouse },
  chdb: { typicalSeconds: 30, load: async () => (await import('./chdb.ts')).chdb },
  influxdb: { typicalSeconds: 200, load: async () => (await import('./influxdb.ts')).influxdb },
}
