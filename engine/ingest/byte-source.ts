/** Where bytes come from: a file of the browser, a stream of the web or of Node, or chunks that are there already. */
export type ByteSource = Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** The chunks of a source, in order. Stopping early cancels the source. */
export async function* byteChunks(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Blob) yield* streamChunks(source.stream())
  else if (source instanceof ReadableStream) yield* streamChunks(source)
  else yield* source
}

/** Not every browser can iterate over a stream, but all can read one. */
async function* streamChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
