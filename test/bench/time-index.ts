// `node test/bench/time-index.ts`: three ways from a time to the group of a series that holds it, over the headers of groups as they
// are in memory: looking at each, binary search, and a line through the times with a proven bound of its error.
import assert from 'node:assert/strict'

/** Words of a header; its first is the least time here. */
const HEADER_WORDS = 8
const GROUP_NS = 10_240_000_000_000
const QUESTIONS = 1000
const ROUNDS = 7
const FIRST_NS = 1_700_000_000_000_000_000n

interface Line {
  first: bigint
  slope: number
  /** Groups that the line is wrong by at most. */
  error: number
}

type Way = (times: BigInt64Array, groups: number, time: bigint, line: Line) => number

const timeAt = (times: BigInt64Array, group: number): bigint => times[group * HEADER_WORDS] ?? 0n

const looking: Way = (times, groups, time) => {
  let group = 0
  while (group < groups && timeAt(times, group) < time) group++
  return group
}

function between(times: BigInt64Array, time: bigint, from: number, to: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >> 1
    if (timeAt(times, middle) < time) low = middle + 1
    else high = middle
  }
  return low
}

const searching: Way = (times, groups, time) => between(times, time, 0, groups)

const predicting: Way = (times, groups, time, { first, slope, error }) => {
  const guess = Math.floor(Number(time - first) * slope)
  return between(times, time, Math.max(0, guess - error), Math.max(0, Math.min(groups, guess + error + 1)))
}

function lineOf(times: BigInt64Array, groups: number): Line {
  const first = timeAt(times, 0)
  const slope = (groups - 1) / Number(timeAt(times, groups - 1) - first)
  let error = 0
  for (let group = 0; group < groups; group++) {
    error = Math.max(error, Math.abs(Number(timeAt(times, group) - first) * slope - group))
  }
  return { first, slope, error: Math.ceil(error) + 1 }
}

function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state >>> 8
  }
}

for (const groups of [4, 16, 64, 256, 1024, 16_384]) {
  const next = generator(groups)
  for (const jitter of [0, GROUP_NS]) {
    const times = new BigInt64Array(groups * HEADER_WORDS)
    let at = FIRST_NS
    for (let group = 0; group < groups; group++) {
      times[group * HEADER_WORDS] = at
      at += BigInt(GROUP_NS + Math.floor(((next() % 1000) / 1000) * jitter))
    }
    const line = lineOf(times, groups)
    const questions = Array.from({ length: QUESTIONS }, () => timeAt(times, next() % groups) + BigInt((next() % 3) - 1))
    for (const time of questions) {
      assert.equal(searching(times, groups, time, line), looking(times, groups, time, line))
      assert.equal(predicting(times, groups, time, line), looking(times, groups, time, line))
    }
    const results = Object.entries({ looking, searching, predicting }).map(([name, way]) => {
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < ROUNDS; round++) {
        const begun = process.cpuUsage()
        let found = 0
        for (let k = 0; k < 20; k++) for (const time of questions) found += way(times, groups, time, line)
        const { user, system } = process.cpuUsage(begun)
        assert.ok(found >= 0)
        best = Math.min(best, ((user + system) * 1000) / (20 * QUESTIONS))
      }
      return `${name} ${best.toFixed(0)} ns`
    })
    console.log(
      `${groups} groups, ${jitter === 0 ? 'regular' : 'irregular'}, error ${line.error}: ${results.join(', ')}`,
    )
  }
}
