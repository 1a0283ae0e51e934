import fc from 'fast-check'

// Texts that are mostly line protocol, from few names, so that rows meet; some bytes of them are then changed.

const names = fc.constantFrom(
  'a',
  'b',
  'cpu',
  'time',
  'é',
  '\\,',
  '\\ x',
  'q\\=',
  'a\\\\',
  'q"',
  '\u{1F30A}',
  'usage_guest_nice_percent',
)
const tables = fc.constantFrom('cpu', 'mem', 'a', 'm\\ n', 'm\\,n', 'x=y', 'x\\=', '"t"')
const tagValues = fc.constantFrom(
  '',
  'a',
  'b',
  'host\\ 1',
  'x\\,y',
  'p\\=q',
  '"',
  'ü',
  '\\',
  '\\\\',
  'eu-central-1',
  '#',
)
const blanks = fc.constantFrom(' ', ' ', ' ', ' ', ' ', '  ', ' \t')

const numbers = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1',
    '.5',
    '5.',
    '-.5',
    '1e5',
    '1E-7',
    '1.5e+3',
    '1e400',
    '1e-400',
    '0.1',
    '100.25',
    '9007199254740993',
  ),
  fc.constantFrom('-', '.', '1e', '1.1.1', '+1', '0x1', 'NaN', 'inf', '-inf', '12a', '1_0', '--1'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(fc.bigInt(0n, 10n ** 25n), fc.integer({ min: -340, max: 300 }))
    .map(([digits, exponent]) => `${digits}e${exponent}`),
  fc.tuple(fc.nat(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`),
)
const integers = fc.oneof(
  fc.constantFrom(
    '0i',
    '-0i',
    '1u',
    '-1u',
    '007i',
    'i',
    '-i',
    '1i2',
    '1.0i',
    '9223372036854775807i',
    '9223372036854775808i',
  ),
  fc.constantFrom('-9223372036854775808i', '-9223372036854775809i', '9223372036854775808u', '18446744073709551616i'),
  fc.bigInt(-(2n ** 64n), 2n ** 64n).map((value) => `${value}i`),
  fc.integer().map((value) => `${value}i`),
)
const booleans = fc.constantFrom(
  't',
  'T',
  'true',
  'True',
  'TRUE',
  'f',
  'F',
  'false',
  'False',
  'FALSE',
  'tRUE',
  'tr',
  'falsey',
)
const strings = fc.oneof(
  fc.constantFrom(
    '""',
    '"a"',
    '"a b,c=d"',
    '"q\\"uote"',
    '"back\\\\"',
    '"lit\\eral"',
    '"two\nlines"',
    '"open',
    '"a"b',
    '"é\u{1F30A}"',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`),
)
const values = fc.oneof(
  { weight: 4, arbitrary: numbers },
  { weight: 4, arbitrary: integers },
  { weight: 1, arbitrary: booleans },
  { weight: 2, arbitrary: strings },
)
const times = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('1465839830100400200', '1465839830100400201') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '-1', '0', '9223372036854775807', '9223372036854775808', '-9223372036854775808'),
  },
  { weight: 1, arbitrary: fc.constantFrom('9223372036855', '-9223372036', '1.5', '12x', '0001', '1 2', '-') },
)

const tags = fc.array(fc.tuple(names, tagValues), { maxLength: 4 })
const fields = fc.array(fc.tuple(names, values), { minLength: 1, maxLength: 6 })
const ends = fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', ' \n', '\n\n', '\n# comment, "with" things=1\n', '\n \t\n')

const row = fc
  .tuple(tables, tags, blanks, fields, blanks, times, ends)
  .map(([table, pairs, gap, values, gap2, time, end]) => {
    const key = [table, ...pairs.map(([name, value]) => `${name}=${value}`)].join(',')
    return `${key}${gap}${values.map(([name, value]) => `${name}=${value}`).join(',')}${time === '' ? '' : gap2}${time}${end}`
  })

/** Rows of the same shape, which a parser predicts, with some that break the prediction. */
const regularRows = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(3), fc.integer(), fc.double({ noNaN: true, min: -1e6, max: 1e6 })), { maxLength: 12 }),
    fc.nat(20),
  )
  .map(([rows, odd]) =>
    rows
      .map(([host, i, f], at) => {
        const extra = at === odd ? ',extra="x"' : ''
        return `cpu,host=h${host},region=eu u=${i}i,v=${f},a_name_of_more_than_16_bytes=${i % 7}i${extra} 1465839830100400${200 + (at >> 2)}\n`
      })
      .join(''),
  )

/** One row or a few. */
export const lineProtocolRows: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: row },
  { weight: 1, arbitrary: regularRows },
)

const text = fc.array(lineProtocolRows, { maxLength: 12 })

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(2),
  insert: fc.constantFrom(
    '',
    '',
    '"',
    '\\',
    ',',
    '=',
    ' ',
    '\n',
    '\r',
    '\0',
    '#',
    'i',
    '0',
    '\xff',
    '\xc3',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
  ),
})

/** Bytes with a few places changed. */
export const lineProtocol: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    text,
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(change, { maxLength: 3 }) }),
  )
  .map(([rows, changes]) => {
    let bytes = Array.from(new TextEncoder().encode(rows.join('')))
    for (const { at, remove, insert } of changes) {
      const place = Math.floor(at * bytes.length)
      const inserted = Array.from(insert, (c) => c.charCodeAt(0))
      bytes = [...bytes.slice(0, place), ...inserted, ...bytes.slice(place + remove)]
    }
    return Uint8Array.from(bytes)
  })
