import { describe, expect, test } from '@jest/globals';
import { readCredentialScope } from '../../local/gateway/authorization.ts';
import { AwsError } from '../../local/gateway/aws-error.ts';
import type { Call } from '../../local/gateway/call.ts';
import { type CalledEvent, Gateway } from '../../local/gateway/gateway.ts';
import { Identities, OWNER } from '../../local/gateway/identities.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const CALL: Call = { service: 'echo', operation: 'Say', input: { text: 'hi' }, principal: OWNER };

function setUp(latencyMs: (call: Call) => number = () => 0) {
  const clock = new VirtualClock();
  const called: CalledEvent[] = [];
  const executed: unknown[] = [];
  const gateway = new Gateway({
    services: [
      {
        name: 'echo',
        resourceArns: (_operation, { text }) => {
          if (text === undefined) throw new AwsError('ValidationException', 'no text');
          return [`arn:aws:echo:::${text}`];
        },
        execute: async (_operation, input) => {
          executed.push(input);
          return input;
        },
      },
    ],
    identities: new Identities(),
    clock,
    observer: { called: (event) => called.push(event) },
    log: () => {},
    latencyMs,
  });
  return { clock, gateway, called, executed };
}

describe('a call in process', () => {
  test('takes its latency, and is metered with it', async () => {
    const { clock, gateway, called, executed } = setUp(({ operation }) => operation.length * 10);
    const answer = gateway.call(CALL);
    await clock.advance(29);
    expect(executed).toEqual([]);
    await clock.advance(1);

    expect(await answer).toEqual({ text: 'hi' });
    expect(called).toEqual([
      {
        principalArn: OWNER.arn,
        service: 'echo',
        operation: 'Say',
        action: 'echo:Say',
        resourceArns: ['arn:aws:echo:::hi'],
        outcome: 'ok',
        durationMs: 30,
      },
    ]);
  });

  test('that names no resource is refused, and metered', async () => {
    const { gateway, called } = setUp();

    await expect(gateway.call({ ...CALL, input: {} })).rejects.toMatchObject({ code: 'ValidationException' });
    expect(called).toMatchObject([{ outcome: 'ValidationException', resourceArns: [] }]);
  });

  test('is struck by a reset as an error of its own', async () => {
    const { gateway, executed } = setUp();
    gateway.faults.inject({ service: 'echo', operation: 'Say', when: 'after', error: 'reset' });

    await expect(gateway.call(CALL)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(executed).toHaveLength(1);
  });

  test('is struck by one fault at a time, in the order of their injection', async () => {
    const { gateway, executed } = setUp();
    const strike = (code: string) => ({
      service: 'echo',
      operation: 'Say',
      when: 'before' as const,
      error: new AwsError(code, ''),
      times: 1,
    });
    const faults = [gateway.faults.inject(strike('First')), gateway.faults.inject(strike('Second'))];

    await expect(gateway.call(CALL)).rejects.toMatchObject({ code: 'First' });
    await expect(gateway.call(CALL)).rejects.toMatchObject({ code: 'Second' });
    await gateway.call(CALL);

    expect(faults.map(({ fired }) => fired)).toEqual([1, 1]);
    expect(executed).toHaveLength(1);
  });
});

describe('the credential scope', () => {
  test.each([
    [
      'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-central-1/kinesis/aws4_request, SignedHeaders=a, Signature=b',
      'kinesis',
    ],
    [
      'AWS4-HMAC-SHA256 SignedHeaders=a,Credential=AKID/20260101/eu-central-1/s3/aws4_request,Signature=b',
      's3',
    ],
    ['AWS4-HMAC-SHA256 Signature=b, Credential=AKID/20260101/eu-central-1/s3/aws4_request', 's3'],
  ])('of %s', (authorization, service) => {
    expect(readCredentialScope(authorization)).toEqual({ accessKeyId: 'AKID', service });
  });

  test.each([
    undefined,
    '',
    'Bearer x',
    'AWS4-HMAC-SHA256 Signature=b',
    'AWS4-HMAC-SHA256 Credential=AKID, Signature=b',
  ])('there is none in %j', (authorization) => {
    expect(readCredentialScope(authorization)).toBeUndefined();
  });
});

test('credentials are for a known role only, and each issue is its own', () => {
  const role = 'arn:aws:iam::000000000000:role/some';
  const identities = new Identities();
  expect(() => identities.issue(role, 'f')).toThrow(role);
  identities.addRole(role, {});

  const [first, second] = [identities.issue(role, 'f'), identities.issue(role, 'g')];

  expect(first.accessKeyId).toMatch(/^ASIA[0-9A-F]{16}$/);
  expect(identities.authenticate(first.accessKeyId, first.sessionToken)).toEqual({
    kind: 'role',
    arn: role,
    sessionName: 'f',
  });
  expect(identities.authenticate(first.accessKeyId, second.sessionToken)).toBeUndefined();
  expect(identities.authenticate(first.accessKeyId, undefined)).toBeUndefined();
  expect(identities.authenticate('AKIAIOSFODNN7EXAMPLE', undefined)).toBe(OWNER);
});
