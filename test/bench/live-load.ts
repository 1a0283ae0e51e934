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

/** The rows of the minutes before a time, in seconds, at the same rate. */
export function* history({ hosts }: LiveLoad, minutes: number, endSeconds: number): Generator<ColumnRows> {
  const random = randomStream(11)
  const rounds = minutes * 60 * BODIES_PER_SECOND
  const perPart = Math.max(1, Math.floor(HISTORY_ROWS / hosts))
  for (let first = 0; first < rounds; first += perPart) {
    const count = Math.min(perPart, rounds - first)
    const ofRow = Uint32Array.from({ length: count * hosts }, (_, row) => row % hosts)
    const time = BigInt64Array.from(ofRow, (_, row) => {
      const before = rounds - first - Math.floor(row / hosts)
      return BigInt(endSeconds * 1000 - (before * 1000) / BODIES_PER_SECOND) * 1_000_000n
    })
    const names = Array.from({ length: hosts }, (_, host) => host)
    const tags: StringColumn[] = [
      { name: 'hostname', type: 'string', dictionary: names.map(hostName), values: ofRow },
      { name: 'region', type: 'string', dictionary: names.map(regionName), values: ofRow },
    ]
    const fields = FIELDS.map((name) => {
      return { name, type: 'i64' as const, values: BigInt64Array.from(ofRow, () => BigInt(randomBelow(random, 100))) }
    })
    yield { table: 'cpu', time, tags, fields }
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
