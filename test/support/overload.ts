import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface OverloadOptions {
  port: number
  /** The relay's process, whose memory is sampled. */
  pid: number
  seconds: number
  /** Connections that each send one request after the other, without heed to refusals. */
  clients: number
  rowsPerRequest: number
  onSecond?(sample: { seconds: number; megabytes: number; acknowledged: number; refused: number }): void
}

export interface OverloadReport {
  /** Requests. */
  acknowledged: number
  /** With 503 or 429, all of them with `Retry-After`. */
  refused: number
  /** Any other end, as a sentence, with how often. */
  other: ReadonlyMap<string, number>
  /** By client, which of its requests were acknowledged, and which were sent but not answered. */
  sequences: readonly { acknowledged: readonly number[]; unanswered: readonly number[] }[]
  /** Resident megabytes of the relay, one sample a second. */
  megabytes: readonly number[]
  sentBytes: number
}

interface Answer {
  status: number
  retryAfter: string | undefined
  text: string
}

/** Rows of one request: times tell which row of which request it is, so that none of them overwrites another. */
function bodyOf(client: number, sequence: number, rows: number): string {
  let body = ''
  for (let row = 0; row < rows; row++) {
    const time = 1_700_000_000_000_000_000n + BigInt(sequence * rows + row) * 1_000_000n
    body += `load,client=c${client} sequence=${sequence}i,row=${row}i,a=${(row * 7919) % 1000}i,b=${row / 8} ${time}\n`
  }
  return body
}

function post(agent: Agent, port: number, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) }
    const path = '/api/v2/write?precision=ns'
    const call = request({ host: '127.0.0.1', port, method: 'POST', path, agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** Sends rows to a relay from many connections at once, faster than it can take them, and counts how the requests end. */
export async function overload(options: OverloadOptions): Promise<OverloadReport> {
  const { port, pid, clients, rowsPerRequest } = options
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const begun = performance.now()
  const isOver = (): boolean => performance.now() - begun > options.seconds * 1000
  const other = new Map<string, number>()
  const megabytes: number[] = []
  let [acknowledged, refused, sentBytes] = [0, 0, 0]
  const client = async (number: number) => {
    const sequences = { acknowledged: [] as number[], unanswered: [] as number[] }
    for (let sequence = 0; !isOver(); sequence++) {
      const body = bodyOf(number, sequence, rowsPerRequest)
      sentBytes += body.length
      try {
        const { status, retryAfter, text } = await post(agent, port, body)
        if (status === 204) {
          acknowledged++
          sequences.acknowledged.push(sequence)
        } else if ((status === 503 || status === 429) && Number(retryAfter) > 0) refused++
        else count(other, `${status} ${text.slice(0, 80)}`)
      } catch (error) {
        sequences.unanswered.push(sequence)
        count(other, error instanceof Error ? error.message : String(error))
      }
    }
    return sequences
  }
  const sample = async (): Promise<void> => {
    while (!isOver()) {
      await sleep(1000)
      megabytes.push(residentMegabytes(pid))
      options.onSecond?.({ seconds: megabytes.length, megabytes: megabytes.at(-1) ?? NaN, acknowledged, refused })
    }
  }
  const sampled = sample()
  const sequences = await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  await sampled
  agent.destroy()
  return { acknowledged, refused, other, sequences, megabytes, sentBytes }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

/**
 * What of an overload is not as it must be, given the rows that are stored of each client: every acknowledged request whole,
 * of the refused ones nothing, of those without an answer all or nothing.
 */
export function overloadFaults(
  report: OverloadReport,
  rowsPerRequest: number,
  storedRows: (client: number) => ReadonlyMap<number, number>,
): string[] {
  return report.sequences.flatMap(({ acknowledged, unanswered }, client) => {
    const stored = storedRows(client)
    const lost = acknowledged.filter((sequence) => stored.get(sequence) !== rowsPerRequest)
    const known = new Set([...acknowledged, ...unanswered])
    const invented = [...stored].filter(([sequence, rows]) => !known.has(sequence) || rows !== rowsPerRequest)
    return [
      ...lost.map((sequence) => `request ${sequence} of client ${client} has ${stored.get(sequence) ?? 0} rows`),
      ...invented.map(([sequence, rows]) => `request ${sequence} of client ${client} left ${rows} rows`),
    ]
  })
}
