/** What lies close is read in one request, with what is between, up to so many bytes. */
export const MAX_READ_BYTES: number = 4 << 20
/** To read so many bytes that nobody asked for takes as long as another request. */
export const MAX_GAP_BYTES: number = 64 << 10

/** Ascending places of bytes as requests: of each the first place, and the one after its last. */
export function requestsOf(places: readonly (readonly [start: number, end: number])[]): [from: number, to: number][] {
  const requests: [number, number][] = []
  let begin = 0
  let before = 0
  places.forEach(([start, end], i) => {
    const last = requests.at(-1)
    if (last && end - begin <= MAX_READ_BYTES && start - before <= MAX_GAP_BYTES) last[1] = i + 1
    else {
      requests.push([i, i + 1])
      begin = start
    }
    before = end
  })
  return requests
}
