import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy, isAllowed } from '../../local/gateway/policy.ts';
import { compileWildcard } from '../../local/gateway/wildcard.ts';

const TABLE = 'arn:aws:dynamodb:eu-central-1:000000000000:table/users';
const OTHER_TABLE = 'arn:aws:dynamodb:eu-central-1:000000000000:table/operations';

function policy(...statements: object[]) {
  return compilePolicy('test', { Version: '2012-10-17', Statement: statements });
}

function allow(action: string | string[], resource: string | string[], more: object = {}) {
  return { Effect: 'Allow', Action: action, Resource: resource, ...more };
}

function deny(action: string | string[], resource: string | string[], more: object = {}) {
  return { Effect: 'Deny', Action: action, Resource: resource, ...more };
}

describe('isAllowed', () => {
  const put = 'dynamodb:PutItem';
  test.each([
    ['nothing granted', [], put, TABLE, false],
    ['granted', [allow(put, TABLE)], put, TABLE, true],
    ['another action', [allow('dynamodb:GetItem', TABLE)], put, TABLE, false],
    ['another resource', [allow(put, TABLE)], put, OTHER_TABLE, false],
    ['an action in a list', [allow(['dynamodb:GetItem', put], TABLE)], put, TABLE, true],
    ['a resource in a list', [allow(put, [OTHER_TABLE, TABLE])], put, TABLE, true],
    ['actions in any case', [allow('DynamoDB:putitem', TABLE)], put, TABLE, true],
    ['resources in their own case only', [allow(put, TABLE.toUpperCase())], put, TABLE, false],
    ['* in an action', [allow('dynamodb:Put*', TABLE)], put, TABLE, true],
    ['* in a resource', [allow(put, 'arn:aws:dynamodb:*:*:table/us*s')], put, TABLE, true],
    ['? is one character', [allow(put, TABLE.replace('users', 'u?ers'))], put, TABLE, true],
    ['? is not none', [allow(put, `${TABLE}?`)], put, TABLE, false],
    ['* alone', [allow('*', '*')], put, TABLE, true],
    ['a prefix is not a match', [allow(put, TABLE.slice(0, -1))], put, TABLE, false],
    ['deny after allow', [allow(put, '*'), deny(put, TABLE)], put, TABLE, false],
    ['deny before allow', [deny(put, TABLE), allow(put, '*')], put, TABLE, false],
    ['deny elsewhere', [allow(put, '*'), deny(put, OTHER_TABLE)], put, TABLE, true],
    ['a deny alone allows nothing', [deny(put, OTHER_TABLE)], put, TABLE, false],
  ])('%s', (_name, statements, action, resource, allowed) => {
    expect(isAllowed([policy(...statements)], action, resource).allowed).toBe(allowed);
  });

  test('a deny in one policy wins over an allow in another', () => {
    const policies = [policy(allow(put, '*')), policy(deny('*', TABLE))];

    expect(isAllowed(policies, put, TABLE)).toEqual({
      allowed: false,
      reason: 'with an explicit deny in an identity-based policy',
    });
    expect(isAllowed(policies, put, OTHER_TABLE).allowed).toBe(true);
  });

  test('says why nothing allowed it, as AWS does', () => {
    expect(isAllowed([], put, TABLE).reason).toBe(
      'because no identity-based policy allows the dynamodb:PutItem action',
    );
  });

  test.each([
    ['true', { 'aws:securetransport': 'true' }, false],
    ['false', { 'aws:securetransport': 'false' }, true],
    ['unknown', {}, false],
  ])('a condition on a secure transport that is %s', (_name, context, denied) => {
    const policies = [
      policy(allow('*', '*'), deny('*', '*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })),
    ];

    expect(isAllowed(policies, put, TABLE, context).allowed).toBe(!denied);
  });

  test('every condition must hold, and any one of its values will do', () => {
    const policies = [
      policy(
        allow(put, '*', {
          Condition: {
            Bool: { 'aws:SecureTransport': true },
            StringLike: { 'aws:PrincipalArn': ['*/first', '*/second'] },
          },
        }),
      ),
    ];
    const as = (principal: string) =>
      isAllowed(policies, put, TABLE, { 'aws:securetransport': 'true', 'aws:principalarn': principal });

    expect(as('arn:aws:iam::000000000000:role/second').allowed).toBe(true);
    expect(as('arn:aws:iam::000000000000:role/third').allowed).toBe(false);
  });
});

describe('compilePolicy refuses what it would have to ignore', () => {
  test.each([
    ['NotAction', { Effect: 'Allow', NotAction: 'a:b', Resource: '*' }, 'NotAction'],
    ['NotResource', { Effect: 'Allow', Action: 'a:b', NotResource: '*' }, 'NotResource'],
    ['Principal', { ...allow('a:b', '*'), Principal: '*' }, 'Principal'],
    ['no resource', { Effect: 'Allow', Action: 'a:b' }, 'Resource'],
    ['an effect it does not know', { ...allow('a:b', '*'), Effect: 'allow' }, 'Effect'],
    ['policy variables', allow('a:b', 'arn:aws:s3:::b/$' + '{aws:username}/*'), 'policy variables'],
    ['an unknown operator', allow('a:b', '*', { Condition: { NumericEquals: { k: '1' } } }), 'NumericEquals'],
    [
      'an unknown key',
      allow('a:b', '*', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
      'MultiFactor',
    ],
  ])('%s', (_name, statement, named) => {
    expect(() => policy(statement)).toThrow(named);
    expect(() => policy(statement)).toThrow('test, statement 0');
  });

  test('an unknown version', () => {
    expect(() => compilePolicy('test', { Version: '2020-01-01', Statement: [] })).toThrow('2020-01-01');
  });
});

describe('wildcards', () => {
  const piece = fc.constantFrom('a', 'b', ':', '/', '.', '(', '\\');
  const patternPiece = fc.oneof(piece, fc.constantFrom('*', '?'));

  test('match exactly what the equivalent regular expression matches', () => {
    const pattern = fc.array(patternPiece, { maxLength: 10 }).map((pieces) => pieces.join(''));
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(pattern, text, (wildcard, candidate) => {
        const escaped = wildcard
          .replace(/[.()\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.');
        expect(compileWildcard(wildcard)(candidate)).toBe(new RegExp(`^${escaped}$`).test(candidate));
      }),
      { numRuns: 5_000 },
    );
  });

  test('match every text they were made from', () => {
    const pieces = fc.array(
      fc.oneof(
        piece.map((one) => ({ pattern: one, text: one })),
        piece.map((one) => ({ pattern: '?', text: one })),
        fc.string({ maxLength: 4 }).map((run) => ({ pattern: '*', text: run })),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(pieces, (made) => {
        const pattern = made.map((one) => one.pattern).join('');
        expect(compileWildcard(pattern)(made.map((one) => one.text).join(''))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('take no more steps than pattern times text, whatever the pattern', () => {
    const text = 'a'.repeat(5_000);
    expect(compileWildcard(`${'*a'.repeat(50)}b`)(text)).toBe(false);
  });
});
