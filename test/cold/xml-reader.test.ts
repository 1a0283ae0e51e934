import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeXml, MAX_DEPTH, MAX_ELEMENTS, readXml, type XmlElement } from '../../engine/cold/xml-reader.ts'

function element(name: string, text = '', children: XmlElement[] = []): XmlElement {
  return { name, text, children }
}

describe('a document of XML', () => {
  test('is its elements with their text and their children, in order; attributes are left out', () => {
    const xml = `\n<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="http://s3.amazonaws.com/doc/2006-03-01/" b = 'c>d'>
<b>1 &lt; 2 &amp;&amp; &quot;x&quot; &apos;</b><c/><b:x>&#x20AC;&#8364;&#128512;</b:x ><d></d>
</a>\n`
    const children = [element('b', '1 < 2 && "x" \''), element('c'), element('b:x', '€€😀'), element('d')]
    expect(readXml(xml)).toEqual(element('a', '\n\n', children))
  })

  test('has the text that was escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(readXml(`<a>${escapeXml(text)}</a>`)).toEqual(element('a', text))
      }),
      { seed: 20_261_123 },
    )
  })

  test.each([
    ['', 'at character 0, it has no element'],
    ['<?xml version="1.0"?>', 'at character 21, it has no element'],
    ['plain text', 'at character 10, it has no element'],
    ['text <a></a>', 'at character 0, text is before the first element'],
    ['<a>', 'at character 3, it ends within <a>'],
    ['<a><b></a></b>', 'at character 6, </a> closes nothing'],
    ['</a>', 'at character 0, </a> closes nothing'],
    ['<a></a b="c">', 'closes nothing'],
    ['<a></a>b', 'at character 7, something follows the last tag'],
    ['<a></a><b></b>', 'at character 7, something follows the last tag'],
    ['<!DOCTYPE html><html></html>', 'at character 0, no tag of XML begins'],
    ['<a><!-- b --></a>', 'at character 3, no tag of XML begins'],
    ['<a><br></a>', 'at character 7, </a> closes nothing'],
    ['<a b></a>', 'at character 0, no tag of XML begins'],
    ['<a>x & y</a>', 'at character 5, & is no entity'],
    ['<a>&copy;</a>', 'at character 3, &copy; is no entity'],
    ['<a>&#0;</a>', 'at character 3, &#0; is no entity'],
    ['<a>&#xD800;</a>', 'is no entity'],
    ['<a>&#x110000;</a>', 'is no entity'],
  ])('%j is an error: %s', (xml, message) => {
    expect(() => readXml(xml)).toThrow(message)
  })

  test('has elements up to the limits of number and depth', () => {
    const nested = (depth: number): string => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`
    expect(readXml(nested(MAX_DEPTH)).children).toHaveLength(1)
    expect(() => readXml(nested(MAX_DEPTH + 1))).toThrow(`at character ${3 * MAX_DEPTH}, elements lie more than`)
    const many = (count: number): string => `<a>${'<b/>'.repeat(count - 1)}</a>`
    expect(readXml(many(MAX_ELEMENTS)).children).toHaveLength(MAX_ELEMENTS - 1)
    expect(() => readXml(many(MAX_ELEMENTS + 1))).toThrow(`more than ${MAX_ELEMENTS} elements`)
  })

  test.each([
    ['spaces in a tag', `<a${' '.repeat(1 << 20)}!`],
    ['a name', `<${'a'.repeat(1 << 20)}`],
    ['attributes', `<a${' b="c"'.repeat(1 << 17)}`],
    ['an attribute', `<a b="${'c'.repeat(1 << 20)}`],
    ['ampersands', `<a>${'&'.repeat(1 << 20)}`],
    ['spaces at the end', `<a></a>${' '.repeat(1 << 20)}!`],
    ['a declaration', `<?xml ${'?'.repeat(1 << 20)}`],
  ])('takes time in its length where it is wrong: a million %s', (_, xml) => {
    const begun = process.cpuUsage()
    expect(() => readXml(xml)).toThrow('at character')
    // In the square of the length it would be hours.
    expect(process.cpuUsage(begun).user).toBeLessThan(2_000_000)
  })
})
