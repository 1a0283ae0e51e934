/** Longer texts are left to the platform's decoder. */
const SHORT_BYTES = 32

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text of some UTF-8. Short ones of ASCII are put together here: a call of the decoder costs more than they do. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length > SHORT_BYTES) return utf8.decode(bytes)
  for (const byte of bytes) if (byte >= 0x80) return utf8.decode(bytes)
  return String.fromCharCode(...bytes)
}
