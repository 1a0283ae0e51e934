import type { SystemDescription } from './system.ts'

/** Every system by its name on the command line. A system's libraries are loaded when it is measured, not before. */
export const SYSTEMS: Readonly<Record<string, () => Promise<SystemDescription>>> = {
  tidemark: async () => (await import('./tidemark.ts')).tidemark,
  'tidemark-http': async () => (await import('./tidemark-http.ts')).tidemarkHttp,
  'tidemark-chromium': async () => (await import('./tidemark-chromium.ts')).tidemarkChromium,
  duckdb: async () => (await import('./duckdb.ts')).duckdb,
  'duckdb-sorted': async () => (await import('./duckdb.ts')).duckdbSorted,
  'duckdb-wasm-chromium': async () => (await import('./duckdb-wasm-chromium.ts')).duckdbWasmChromium,
  victoriametrics: async () => (await import('./victoriametrics.ts')).victoriametrics,
  influxdb: async () => (await import('./influxdb.ts')).influxdb,
}
