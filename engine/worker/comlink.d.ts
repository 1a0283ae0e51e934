// Node resolves the package's name to its UMD build, whose names an ES module cannot import; so its ES build is named.
declare module 'comlink/dist/esm/comlink.mjs' {
  export * from 'comlink'
}

declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink'
  export default function nodeEndpoint(port: {
    postMessage(message: unknown, transfer?: readonly unknown[]): void
    on(type: string, listener: (value: unknown) => void): unknown
    off(type: string, listener: (value: unknown) => void): unknown
    start?(): void
  }): Endpoint
}
