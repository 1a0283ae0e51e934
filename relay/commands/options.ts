import { Option } from 'commander'

/** `--data`, which every command that opens a store has. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'folder of the data').env('TIDEMARK_DATA').default('./tidemark-data')
}

/** `--url`, for commands that can ask a running relay instead. */
export function urlOption(): Option {
  return new Option('--url <address>', 'ask the relay at this address instead of opening a folder').env('TIDEMARK_URL')
}

/** `--token`, for a relay that wants one. */
export function tokenOption(): Option {
  return new Option('--token <text>', 'token of the relay at --url').env('TIDEMARK_TOKEN')
}
