import type { BlockRun } from './block-run.ts'
import { HEADER_BYTES } from './header.ts'

/** Most bytes of payloads that are compared. */
const MOST_COMPARED_BYTES = 512

/** A copy of a run that tells whether another one has the same blocks; `undefined` where that would take long. */
export class RunCopy {
  readonly #headers: Uint8Array
  readonly #payloads: Uint8Array

  private constructor(headers: Uint8Array, payloads: Uint8Array) {
    this.#headers = headers
    this.#payloads = payloads
  }

  static of(run: BlockRun): RunCopy | undefined {
    const { headers, first, count, payloads } = run
    if (payloads.length > MOST_COMPARED_BYTES || hasDense(run)) return undefined
    return new RunCopy(headers.slice(first * HEADER_BYTES, (first + count) * HEADER_BYTES), payloads.slice())
  }

  equals(run: BlockRun): boolean {
    const { headers, first, count, payloads } = run
    if (this.#headers.length !== count * HEADER_BYTES || this.#payloads.length !== payloads.length) return false
    const isSame = isAt(headers, first * HEADER_BYTES, this.#headers) && isAt(payloads, 0, this.#payloads)
    return isSame && !hasDense(run)
  }
}

function hasDense({ first, count, modelOf }: BlockRun): boolean {
  if (modelOf) for (let block = first; block < first + count; block++) if (modelOf(block) !== undefined) return true
  return false
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}
