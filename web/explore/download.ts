import type { QueryResult } from '../../engine/engine.ts'

export type DownloadFormat = 'csv' | 'arrow'

/** Bytes of one downloaded answer; the browser holds them in memory until they are saved. */
export const MAX_DOWNLOAD_BYTES: number = 1024 * 1024 * 1024

async function gather(chunks: AsyncIterable<BlobPart & { length: number }>): Promise<BlobPart[]> {
  const parts: BlobPart[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > MAX_DOWNLOAD_BYTES)
      throw new RangeError('The answer is larger than 1 GiB: add a LIMIT, or use the command line.')
    parts.push(chunk)
  }
  return parts
}

/** The whole answer as a file. Throws a `RangeError` where it is larger than 1 GiB. */
export async function resultFile(result: QueryResult, format: DownloadFormat): Promise<File> {
  if (format === 'csv') {
    const { toCsv } = await import('../../engine/query/formats/csv.ts')
    return new File(await gather(toCsv(result)), 'tidemark.csv', { type: 'text/csv' })
  }
  const { toArrowStream } = await import('../../engine/query/formats/arrow.ts')
  return new File(await gather(toArrowStream(result)), 'tidemark.arrows', {
    type: 'application/vnd.apache.arrow.stream',
  })
}

/** Hands a file to the browser's downloads. */
export function saveFile(file: File): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = file.name
  link.click()
  URL.revokeObjectURL(url)
}
