import { describe, expect, test } from '@jest/globals';
import { domainOf, isEmail, normaliseEmail } from '@shardbound/runtime/email';
import fc from 'fast-check';

describe('e-mail normalisation', () => {
  test.each([
    ['case', 'Ada@Example.COM', 'ada@example.com'],
    ['white space', '  ada@example.com\t', 'ada@example.com'],
    ['full-width @', 'ada\uFF20example.com', 'ada@example.com'],
    ['the Kelvin sign', '\u212Aada@example.com', 'kada@example.com'],
    ['a ligature', 'o\uFB03ce@example.com', 'office@example.com'],
    ['decomposed letters', 'ame\u0301lie@example.com', 'am\u00e9lie@example.com'],
  ])('%s makes no second address', (_, given, normalised) => {
    expect(normaliseEmail(given)).toBe(normalised);
  });

  test('applied twice changes nothing, on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normaliseEmail(normaliseEmail(text))).toBe(normaliseEmail(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('applied twice changes nothing, on any single code point', () => {
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
      const once = normaliseEmail(String.fromCodePoint(codePoint));
      if (normaliseEmail(once) !== once) throw new Error(`U+${codePoint.toString(16)} is not stable`);
    }
  });
});

describe('e-mail form', () => {
  test.each([
    'ada@example.com',
    'a.b+c@sub.example.co',
    'm\u00fcller@b\u00fccher.example',
    "o'neil@example.com",
  ])('takes %s', (address) => {
    expect(isEmail(address)).toBe(true);
  });

  test.each([
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'ada@@example.com',
    'a da@example.com',
    'ada@exa mple.com',
    'ada@-example.com',
    'ada@example-.com',
    'ada@example..com',
    'ada@example.com.',
    'ada\u0000@example.com',
    '<ada@example.com>',
    'a@b.com,c@d.com',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a.'.repeat(130)}com`,
  ])('refuses %j', (address) => {
    expect(isEmail(address)).toBe(false);
  });

  test('hostile input of the length limit does not stall it', () => {
    const hostile = `a@${'a-'.repeat(120)}!`;
    expect(isEmail(hostile)).toBe(false);
  });

  test('tells the domain', () => {
    expect(domainOf('ada@sub.example.com')).toBe('sub.example.com');
  });
});
