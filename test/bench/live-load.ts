import type { StringColumn } from '../../engine/core/batch.ts'
import type { ColumnRows } from '../../engine/engine.ts'
import { randomBelow, randomStream } from './random.ts'
import { FIELDS } from './tsbs-data.ts'

/** One body has a row of every host; so many are sent in a second. */
export const BODIES_PER_SECOND = 10
/** Bodies that wait for their answer; a slower store gets fewer. */
const MAX_IN_FLIGHT = 8
const DIFFERENT_BODIES = 10
const REGIONS = 9
/** Rows of one append of the history. */
const HISTORY_ROWS = 50_000
/** Rows of each host in one append of the history. */
const HISTORY_ROUNDS = 1000

/** Hosts that report as fast as makes a rate of values. */
export interface LiveLoad {
  hosts: number
  /** Line protocol without times: each row is of the moment when it comes. */
  bodies: readonly Uint8Array<ArrayBuffer>[]
}

export function liveLoad(valuesPerSecond: number): LiveLoad {
  const hosts = Math.round(valuesPerSecond / FIELDS.length / BODIES_PER_SECOND)
  const random = randomStream(7)
  const bodies = Array.from({ length: DIFFERENT_BODIES }, () => encode(hosts, random))
  return { hosts, bodies }
}

/** The rows of the minutes before a time, in seconds, at the same rate; those of a host are together, as one sends them who has kept them. */
export function* history({ hosts }: LiveLoad, minutes: number, endSeconds: number): Generator<ColumnRows> {
  const random = randomStream(11)
  const rounds = minutes * 60 * BODIES_PER_SECOND
  const names = Array.from({ length: hosts }, (_, host) => host)
  const [hostnames, regions] = [names.map(hostName), names.map(regionName)]
  const perPart = Math.max(1, Math.floor(HISTORY_ROWS / HISTORY_ROUNDS))
  const drawn = BigInt64Array.from({ length: 2 * HISTORY_ROWS }, () => BigInt(randomBelow(random, 100)))
  for (let first = 0; first < rounds; first += HISTORY_ROUNDS) {
    const count = Math.min(HISTORY_ROUNDS, rounds - first)
    const times = BigInt64Array.from({ length: count }, (_, round) => {
      const before = rounds - first - round
      return BigInt(endSeconds * 1000 - (before * 1000) / BODIES_PER_SECOND) * 1_000_000n
    })
    for (let host = 0; host < hosts; host += perPart) {
      const rows = Math.min(perPart, hosts - host) * count
      const [ofRow, time] = [new Uint32Array(rows), new BigInt64Array(rows)]
      for (let from = 0, own = host; from < rows; from += count, own++) {
        ofRow.fill(own, from, from + count)
        time.set(times, from)
      }
      const tags: StringColumn[] = [
        { name: 'hostname', type: 'string', dictionary: hostnames, values: ofRow },
        { name: 'region', type: 'string', dictionary: regions, values: ofRow },
      ]
      const fields = FIELDS.map((name) => {
        // Other stretches of the same numbers, since to draw each one takes longer than to store it.
        const from = randomBelow(random, drawn.length - rows + 1)
        return { name, type: 'i64' as const, values: drawn.slice(from, from + rows) }
      })
      yield { table: 'cpu', time, tags, fields }
    }
  }
}

export function hostName(host: number): string {
  return `host_${host}`
}

export function regionName(host: number): string {
  return `region_${host % REGIONS}`
}

function encode(hosts: number, random: () => number): Uint8Array<ArrayBuffer> {
  let text = ''
  for (let host = 0; host < hosts; host++) {
    const fields = FIELDS.map((field) => `${field}=${randomBelow(random, 100)}i`).join(',')
    text += `cpu,hostname=${hostName(host)},region=${regionName(host)} ${fields}\n`
  }
  return new TextEncoder().encode(text)
}

/** Sends bodies at their pace until the signal; returns how many were taken. */
export async function sendPaced(
  { bodies }: LiveLoad,
  write: (body: Uint8Array<ArrayBuffer>) => Promise<unknown>,
  signal: AbortSignal,
): Promise<number> {
  const running = new Set<Promise<void>>()
  let taken = 0
  for (let sent = 0, due = performance.now(); !signal.aborted; due += 1000 / BODIES_PER_SECOND) {
    const waitMs = due - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    if (running.size >= MAX_IN_FLIGHT) await Promise.race(running)
    const body = bodies[sent++ % bodies.length]?.slice() ?? new Uint8Array()
    const sending = write(body).then(() => {
      taken++
      running.delete(sending)
    })
    running.add(sending)
  }
  await Promise.all(running)
  return taken
}
