import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeSeriesKey } from '../../engine/core/series.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { noKeys, unpackKeys } from '../../engine/kernel/key-batch.ts'
import { LineParser, type ParseOptions } from '../../engine/kernel/line-parser.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import type { ParseResult } from '../../engine/kernel/parse-result.ts'
import { type NumberedKeys, newKeysOf, rowsOf } from '../support/parsed-rows.ts'

const NOW = 1_700_000_000_000_000_000n
const OPTIONS: ParseOptions = { precision: 'ns', now: NOW }
const utf8 = new TextEncoder()

let kernel: Kernel
let parser: LineParser
let keys: Map<number, NumberedKeys>

beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})
beforeEach(() => {
  parser = new LineParser(kernel)
  keys = new Map()
})

const parse = (text: string, options = OPTIONS): ParseResult => parser.parse(utf8.encode(text), options)

/** The rows of a text as one plain list, and the reasons of those that were rejected. */
function take(text: string, options = OPTIONS): { rows: unknown[]; rejected: string[] } {
  const result = parse(text, options)
  const rows = [...rowsOf(result, keys).values()].flat()
  return {
    rows: rows.map(({ table, tags, fields, time }) => [
      table,
      Object.fromEntries(tags),
      Object.fromEntries(fields),
      time,
    ]),
    rejected: result.rejected.map(({ line, column, reason }) => `line ${line}, column ${column}: ${reason}`),
  }
}

it('takes the same from text wherever it begins, in memory of its own or shared, with the places of what it rejects', () => {
  const text = utf8.encode('m,a=1 x=1i,s="ä\\"b" 1\nm x=\nm,a=2 x="no" 2\nm,a=1 x=3i 3')
  const expected = new LineParser(kernel).parse(text, OPTIONS)
  expect(expected.rejected.map(({ line, column }) => [line, column])).toEqual([
    [2, 5],
    [3, 9],
  ])
  for (const make of [(bytes: number) => new ArrayBuffer(bytes), (bytes: number) => new SharedArrayBuffer(bytes)]) {
    for (let at = 0; at < 17; at++) {
      const place = new Uint8Array(make(at + text.length), at)
      place.set(text)
      const result = new LineParser(kernel).parse(place, OPTIONS)
      expect(result.rejected).toEqual(expected.rejected)
      expect(rowsOf(result, new Map())).toEqual(rowsOf(expected, new Map()))
    }
  }
})

// Examples of https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
describe('the grammar of the reference of Influx', () => {
  const T = 1556813561098000000n
  it.each<[string, unknown]>([
    [
      'myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000',
      ['myMeasurement', { tag1: 'value1', tag2: 'value2' }, { fieldKey: 'fieldValue' }, T],
    ],
    ['myMeasurement fieldKey=1.0', ['myMeasurement', {}, { fieldKey: 1 }, NOW]],
    ['myMeasurement fieldKey=-1.234456e+78', ['myMeasurement', {}, { fieldKey: -1.234456e78 }, NOW]],
    ['myMeasurement fieldKey=12485903i', ['myMeasurement', {}, { fieldKey: 12485903n }, NOW]],
    ['myMeasurement fieldKey=12485903u', ['myMeasurement', {}, { fieldKey: 12485903n }, NOW]],
    ['my\\ Measurement fieldKey="string value"', ['my Measurement', {}, { fieldKey: 'string value' }, NOW]],
    [
      'myMeasurement fieldKey="\\"string\\" within a string"',
      ['myMeasurement', {}, { fieldKey: '"string" within a string' }, NOW],
    ],
    [
      'myMeasurement,tag\\ Key1=tag\\ Value1,tag\\ Key2=tag\\ Value2 fieldKey=100',
      ['myMeasurement', { 'tag Key1': 'tag Value1', 'tag Key2': 'tag Value2' }, { fieldKey: 100 }, NOW],
    ],
    [
      'myMeasurement,tagKey=\u{1F36D} fieldKey="Launch \u{1F680}" 1556813561098000000',
      ['myMeasurement', { tagKey: '\u{1F36D}' }, { fieldKey: 'Launch \u{1F680}' }, T],
    ],
    ['"measurement","tag\'key"="x y=z"', undefined],
    ['m,t=a\\,b\\=c f\\=1\\,2\\ 3="C:\\dir\\\\"', ['m', { t: 'a,b=c' }, { 'f=1,2 3': 'C:\\dir\\' }, NOW]],
    ['m\\,n\\ o=p\\=q f=t', ['m,n o=p\\=q', {}, { f: true }, NOW]],
    ['m,t=a\\\\,u=v f=1i', undefined],
    ['m,t=a\\b\\\\c f=1i', ['m', { t: 'a\\b\\\\c' }, { f: 1n }, NOW]],
    ['  \tm   f=1i  \t 5  ', ['m', {}, { f: 1n }, 5n]],
    ['m f=1i -9223372036854775808\r', ['m', {}, { f: 1n }, -9223372036854775808n]],
    ['m,b=2,a=1,c= f=1i', ['m', { a: '1', b: '2' }, { f: 1n }, NOW]],
    ['m f=1i,f=2i', ['m', {}, { f: 2n }, NOW]],
    ['m f="two\nlines" 1', ['m', {}, { f: 'two\nlines' }, 1n]],
  ])('reads %j', (text, expected) => {
    expect(take(text).rows).toEqual(expected === undefined ? [] : [expected])
  })

  it.each(['t', 'T', 'true', 'True', 'TRUE'])('takes %s for true', (text) => {
    expect(take(`m f=${text}`).rows).toEqual([['m', {}, { f: true }, NOW]])
  })
  it.each(['f', 'F', 'false', 'False', 'FALSE'])('takes %s for false', (text) => {
    expect(take(`m f=${text}`).rows).toEqual([['m', {}, { f: false }, NOW]])
  })

  it('skips comments and empty lines, and takes all line ends', () => {
    expect(take('# a b=1\n\n  # c\r\n\r\n \t\nm f=1i 1\r\nm f=2i 2').rows).toHaveLength(2)
  })

  it.each(['ns', 'us', 'ms', 's', 'm', 'h'] as const)('scales timestamps in %s', (precision) => {
    const unit = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n }[
      precision
    ]
    const most = (2n ** 63n - 2n) / unit
    const { rows, rejected } = take(`m f=1i ${most}\nm f=1i ${-most}\nm f=1i ${most + 1n}\nm f=1i`, {
      precision,
      now: NOW,
    })
    expect(rows).toEqual([most * unit, -most * unit, NOW].map((time) => ['m', {}, { f: 1n }, time]))
    expect(rejected).toEqual(['line 3, column 8: the timestamp is outside of the range of 64-bit nanoseconds'])
  })
})

describe('a bad row', () => {
  it.each([
    [',t=a f=1', "1: expected a table before ','"],
    ['m', '2: expected a space and at least one field'],
    ['m,t=a ', '7: expected a space and at least one field'],
    ['m, f=1', '3: expected a tag key'],
    ['m,t f=1', "4: expected '=' after tag key 't'"],
    ['m,t=a=b f=1', "6: expected ',' or a space after the value of tag 't'; write '\\=' for an equals sign in it"],
    ['m,t=a,u=b,t=c f=1', "11: tag 't' is there twice"],
    ['m,t=,t=c f=1', "6: tag 't' is there twice"],
    ['m,time=1 f=1', "3: 'time' is reserved and cannot be a tag or field"],
    ['m time=1', "3: 'time' is reserved and cannot be a tag or field"],
    ['m,a=1 a=1', "7: 'a' is a tag of this table and cannot be a field"],
    ['m =1', '3: expected a field key'],
    ['m f=1,', '7: expected a field key'],
    ['m a', "4: expected '=' after field key 'a'"],
    ['m f=', '5: expected a number, a boolean or a string in double quotes'],
    ['m f=NaN', '5: expected a number, a boolean or a string in double quotes'],
    ['m f=inf', '5: expected a number, a boolean or a string in double quotes'],
    ['m f=-inf', '5: expected a number'],
    ['m f=1e', '5: expected a number'],
    ['m f=-1u', '5: expected a number'],
    ['m f=1.5i', "8: expected ',', a space or the end of the line after the value"],
    ['m f=1e999', '5: the number is too large for a 64-bit float'],
    ['m f=9223372036854775808i', '5: the integer is outside of the range of 64 bits, signed'],
    ['m f=9223372036854775808u', '5: the integer is outside of the range of 64 bits, signed'],
    ['m f="a', "5: expected a closing '\"' for this string"],
    ['m f="a"b', "8: expected ',', a space or the end of the line after the value"],
    ['m f=1 g=2', '7: expected an integer as timestamp'],
    ['m f=1 1.5', '8: expected the end of the line after the timestamp'],
    ['m f=1 1 2', '9: expected the end of the line after the timestamp'],
    ['mé,ü=ö f=x', '10: expected a number, a boolean or a string in double quotes'],
  ])('%j is rejected where it is wrong', (text, reason) => {
    expect(take(`ok v=1i\n${text}\nok v=2i`)).toEqual({
      rows: [1n, 2n].map((v) => ['ok', {}, { v }, NOW]),
      rejected: [`line 2, column ${reason}`],
    })
  })

  it('with an open quote takes no other row with it', () => {
    const text = 'm f="a\nm g="b"\nm h=1i\n'
    expect(take(text)).toEqual({
      rows: [
        ['m', {}, { g: 'b' }, NOW],
        ['m', {}, { h: 1n }, NOW],
      ],
      rejected: ["line 1, column 5: expected a closing '\"' for this string"],
    })
  })

  it('does not let the text of a string in as rows', () => {
    const text = 'm f=1i\nm f="x\nevil v=1i\n" 1\nm f=2i\n'
    expect(take(text).rows.map((row) => (row as unknown[])[2])).toEqual([{ f: 1n }, { f: 2n }])
  })

  it('is described in the first 100 cases, and counted in all', () => {
    const result = parse('bad\n'.repeat(1000))
    expect([result.rejected.length, result.rejectedCount, result.rows]).toEqual([100, 1000, 0])
    expect(result.rejected[99]).toEqual({
      line: 100,
      column: 4,
      reason: 'expected a space and at least one field',
      text: 'bad',
    })
  })

  it('is shown with at most 200 characters of its text', () => {
    expect(parse(`m f=${'é'.repeat(300)}\r\n`).rejected[0]?.text).toBe(`m f=${'é'.repeat(196)}`)
  })

  it('that is not UTF-8 is rejected at the first wrong byte', () => {
    const bytes = [0xff, 0xc0, 0x80, 0xe2, 0x82, 0x20, 0xed, 0xa0, 0x80]
    for (const byte of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      const body = Uint8Array.of(...utf8.encode('m f="é'), ...byte, ...utf8.encode('"\nm f="ok"\n'))
      const result = parser.parse(body, OPTIONS)
      expect([result.rows, result.rejected[0]?.column, result.rejected[0]?.reason]).toEqual([
        1,
        7,
        'the text is not valid UTF-8',
      ])
    }
    expect(parser.parse(Uint8Array.from(bytes), OPTIONS).rows).toBe(0)
  })
})

describe('types and roles', () => {
  it('are those of the first row that is good, within a call and across calls', () => {
    expect(take('m a=1i,b=x\nm a=1.5').rows).toEqual([['m', {}, { a: 1.5 }, NOW]])
    expect(take('m a=2i\nm a=t\nm a="x"\nm a=3')).toEqual({
      rows: [2, 3].map((a) => ['m', {}, { a }, NOW]),
      rejected: [
        "line 2, column 5: field 'a' is a float and cannot take a boolean",
        "line 3, column 5: field 'a' is a float and cannot take a string",
      ],
    })
  })

  it('are told apart by table', () => {
    expect(take('m a=1i\nn a="x"\no,a=1 b=1').rejected).toEqual([])
  })

  it('that are declared hold', () => {
    parser.declareField('m n', 'a=b', 'f64')
    parser.declareTag('m n', 't')
    expect(take('m\\ n a\\=b=1i\nm\\ n t=1\nm\\ n a\\=b=t\nm\\ n,a\\=b=1 c=1')).toEqual({
      rows: [['m n', {}, { 'a=b': 1 }, NOW]],
      rejected: [
        "line 2, column 6: 't' is a tag of this table and cannot be a field",
        "line 3, column 11: field 'a\\=b' is a float and cannot take a boolean",
        "line 4, column 6: 'a\\=b' is a field of this table and cannot be a tag",
      ],
    })
  })

  it('cannot be declared against each other', () => {
    parser.declareTag('m', 'a')
    expect(() => parser.declareField('m', 'a', 'f64')).toThrow(/both tag and field/)
  })

  it('of a rejected row leave no trace', () => {
    take('m,t=a f=1i,g=x\nm,g=a t=1\n')
    expect(take('m,f=1 t=2,h=1').rejected).toEqual([])
    expect(parse('').tables).toEqual([])
  })
})

describe('series keys', () => {
  it('are numbered as they come, for the life of the parser, and told once', () => {
    const first = parse('m,a=1 v=1\nm,a=2 v=1\nm,a=1 v=1\nn v=1\n')
    expect(newKeysOf(first).map(({ key, table, tags }) => [key, table, tags])).toEqual([
      [0, 'm', [['a', '1']]],
      [1, 'm', [['a', '2']]],
      [2, 'n', []],
    ])
    expect(first.tables.map(({ keys }) => [...keys])).toEqual([[0, 1, 0], [2]])
    const second = parse('m,a=2 v=1\nm,b=1,a=2 v=1')
    expect(newKeysOf(second).map(({ key }) => key)).toEqual([3])
    expect([...(second.tables[0]?.keys ?? [])]).toEqual([1, 3])
  })

  it('have the canonical form of their series, however they are written', () => {
    const tags = [
      ['a', '1'],
      ['b b', 'x,y'],
      ['é', 'ü'],
    ] as const
    const texts = ['m,a=1,b\\ b=x\\,y,é=ü v=1', 'm,é=ü,empty=,b\\ b=x\\,y,a=1 v=1']
    for (const { canonical } of newKeysOf(parse(texts.join('\n'))))
      expect(canonical).toEqual(encodeSeriesKey({ table: 'm', tags }))
  })

  it('come with the first byte of their SHA-256, also those of more than one call of the core', () => {
    const texts = Array.from({ length: 3000 }, (_, i) => `m,host=${'x'.repeat(i % 150)}${i} v=1\n`)
    const { newKeys } = parse(texts.join(''))
    const expected = unpackKeys(newKeys.keys).map((key) => createHash('sha256').update(key).digest()[0])
    expect(expected.length).toBe(3000)
    expect([...newKeys.hashes]).toEqual(expected)
  })

  it('have the canonical form wherever escapes and separators stand', () => {
    for (let at = 0; at < 40; at++) {
      const [before, after] = ['k'.repeat(at), 'v'.repeat(40 - at)]
      const tags = [[`${before},=k`, `${after} \\x,y=${before}`]] as const
      const text = `m,${before}\\,\\=k=${after}\\ \\x\\,y\\=${before} v=1`
      expect(newKeysOf(parse(text))[0]?.canonical).toEqual(encodeSeriesKey({ table: 'm', tags }))
    }
  })

  it('are not used up by rejected rows', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `m,t=${i} v=x\n`).join('')
    expect(newKeysOf(parse(`${rows}m,t=a v=1\n`))).toMatchObject([{ key: 0, tags: [['t', 'a']] }])
  })
})

describe('columns', () => {
  it('lack the values that rows do not name', () => {
    const [table] = parse('m a=1i\nm b="x"\nm a=3i\nm b="y",a=4i\nm b="x"').tables
    expect(table?.fields).toEqual([
      { name: 'a', type: 'i64', values: BigInt64Array.of(1n, 0n, 3n, 4n, 0n), validity: Uint8Array.of(0b01101) },
      {
        name: 'b',
        type: 'string',
        values: Uint32Array.of(0, 0, 0, 1, 0),
        dictionary: ['x', 'y'],
        validity: Uint8Array.of(0b11010),
      },
    ])
  })

  it('have no bitmap where every row has a value, rejected rows aside', () => {
    const [table] = parse('m a=1i\nm b=1,a=x\nm a=2i').tables
    expect(table?.fields).toEqual([{ name: 'a', type: 'i64', values: BigInt64Array.of(1n, 2n) }])
  })

  it('come in parts of 65536 rows', () => {
    const lines = Array.from({ length: 150_000 }, (_, i) => `m,h=${i % 7} v=${i}i ${i}\n`)
    const { tables, rows } = parse(lines.join(''))
    expect([tables.map((part) => part.rows), rows]).toEqual([[65536, 65536, 18928], 150_000])
    const expected = Array.from(lines, (_, i) => BigInt(i))
    expect(tables.flatMap(({ time }) => [...time])).toEqual(expected)
    expect(tables.flatMap(({ fields }) => [...(fields[0]?.values ?? [])])).toEqual(expected)
  })

  it('take memory in proportion to their values where every row has another field', () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `m f${i % 4000}=${i}i\n`)
    const { tables, rows } = parse(lines.join(''))
    const cells = tables.reduce((sum, part) => sum + part.rows * part.fields.length, 0)
    expect(rows).toBe(40_000)
    expect(cells).toBeLessThanOrEqual(40_000 * 128)
    const result = {
      tables,
      firstKey: 0,
      newKeys: { first: 0, keys: noKeys, hashes: new Uint8Array() },
      newTags: [],
      rejected: [],
      rejectedCount: 0,
      rows,
      warnings: [],
    }
    const values = rowsOf(result, new Map([[0, { table: 'm', tags: [] }]])).get('m')
    expect(values?.map(({ fields }) => [...fields])).toEqual(Array.from(lines, (_, i) => [[`f${i % 4000}`, BigInt(i)]]))
  })
})

describe('warnings', () => {
  it('come once for a table whose times look like another precision', () => {
    const text =
      'a v=1 1700000000\na v=1 1700000001\nb v=1 1700000000000000000\nc v=1 7258118400000000000\nd v=1 31536000000000000\n'
    const { rows, warnings } = parse(text)
    expect(rows).toBe(5)
    expect(warnings.map((text) => text.slice(0, 9))).toEqual(["table 'a'", "table 'c'"])
    expect(parse('b v=1 1700000000000000000').warnings).toEqual([])
  })
})
