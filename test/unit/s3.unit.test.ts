import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readAwsChunked } from '../../local/s3/aws-chunked.ts';
import { writeXml } from '../../local/s3/xml.ts';

describe('aws-chunked', () => {
  test('gives back the chunks and the trailers, signed or not', () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), fc.boolean(), (chunks, signed) => {
        const extension = signed ? `;chunk-signature=${'0'.repeat(64)}` : '';
        const encoded = Buffer.concat([
          ...chunks.flatMap((bytes) => [
            Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`),
            bytes,
            Buffer.from('\r\n'),
          ]),
          Buffer.from(`0${extension}\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n`),
        ]);

        const { body, trailers } = readAwsChunked(encoded);

        expect(body.equals(Buffer.concat(chunks))).toBe(true);
        expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' });
      }),
    );
  });

  test.each(['', '5', '5\r\nhel', '5\r\nhello', '5\r\nhello\r\n', '-1\r\n\r\n', 'xyz\r\n', 'fffffffff\r\n'])(
    'refuses what is cut short or malformed: %j',
    (encoded) => {
      expect(() => readAwsChunked(Buffer.from(encoded))).toThrow('number of bytes');
    },
  );
});

test('XML escapes text, repeats lists, leaves out what is absent', () => {
  const document = writeXml(
    'Root',
    { Text: '<a & "b">\r', None: undefined, Item: [{ N: 1 }, { N: 2 }] },
    'urn:x',
  );

  expect(document).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Root xmlns="urn:x"><Text>&lt;a &amp; &quot;b&quot;&gt;&#13;</Text>' +
      '<Item><N>1</N></Item><Item><N>2</N></Item></Root>',
  );
});
