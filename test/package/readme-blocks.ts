/** One fenced block of a Markdown text. */
export interface CodeBlock {
  language: string
  text: string
  /** The heading that it stands under. */
  heading: string
  /** 1-based line of its first line of code. */
  line: number
}

/** The fenced blocks of a Markdown text, in their order. Throws where a fence is left open. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  let open: CodeBlock | undefined
  for (const [at, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(line)
    if (open === undefined && fence) open = { language: fence[1] ?? '', text: '', heading, line: at + 2 }
    else if (open !== undefined && fence) {
      blocks.push(open)
      open = undefined
    } else if (open !== undefined) open.text += `${line}\n`
    else heading = /^#+\s+(.*)$/.exec(line)?.[1] ?? heading
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} is not closed`)
  return blocks
}

/** The commands of a shell block, without comments; a line that ends in a backslash goes on in the next. */
export function shellLines(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
