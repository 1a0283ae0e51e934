/** One test of one tag. A series without the tag has the value `''`. Regular expressions match the whole value. */
export type Matcher =
  | { tag: string; op: '=' | '!=' | '=~' | '!~'; value: string }
  | { tag: string; op: 'in' | 'not in'; values: readonly string[] }
