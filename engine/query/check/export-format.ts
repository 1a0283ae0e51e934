/** What an answer can be written as. */
export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'arrow' | 'parquet'

/** Formats by their names and the ends of files. */
export const EXPORT_FORMATS: ReadonlyMap<string, ExportFormat> = new Map<string, ExportFormat>([
  ['csv', 'csv'],
  ['json', 'json'],
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['arrow', 'arrow'],
  ['arrows', 'arrow'],
  ['parquet', 'parquet'],
])
