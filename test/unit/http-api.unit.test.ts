import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayInvoke, routeArn } from '../../local/http-api/permissions.ts';
import { TokenBucket } from '../../local/http-api/token-bucket.ts';

describe('the throttle', () => {
  test('lets through at most burst plus rate times the time, over any window', () => {
    const gapsMs = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        gapsMs,
        (rate, burst, gaps) => {
          let nowMs = 0;
          const bucket = new TokenBucket(
            { rateLimit: rate, burstLimit: burst },
            { now: () => nowMs, sleep: async () => {} },
          );
          const takenAtMs: number[] = [];
          for (const gapMs of gaps) {
            nowMs += gapMs;
            if (bucket.take()) takenAtMs.push(nowMs);
          }
          takenAtMs.forEach((fromMs, first) => {
            takenAtMs.slice(first).forEach((toMs, more) => {
              expect(more + 1).toBeLessThanOrEqual(burst + ((toMs - fromMs) * rate) / 1_000 + 1e-6);
            });
          });
        },
      ),
    );
  });

  test('a clock that steps back fills nothing and takes nothing away', () => {
    let nowMs = 10_000;
    const bucket = new TokenBucket(
      { rateLimit: 1, burstLimit: 2 },
      { now: () => nowMs, sleep: async () => {} },
    );
    expect(bucket.take()).toBe(true);
    nowMs = 5_000;

    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    nowMs = 6_000;
    expect(bucket.take()).toBe(true);
  });
});

describe('the permission to invoke', () => {
  const functionArn = 'arn:aws:lambda:eu-central-1:000000000000:function:operation-get';
  const route = {
    routeKey: 'GET /operations/{id}',
    functionName: 'operation-get',
    functionArn,
    timeoutMs: 1,
  };
  const sourceArn = routeArn('eu-central-1', 'abc', route.routeKey);
  const granted = {
    functionName: 'operation-get',
    action: 'lambda:InvokeFunction',
    principal: 'apigateway.amazonaws.com',
  };
  const source = (path: string) => `arn:aws:execute-api:eu-central-1:000000000000:abc/${path}`;

  test.each([
    ['for any source', granted, functionArn, true],
    [
      'for the route on any stage',
      { ...granted, sourceArn: source('*/GET/operations/{id}') },
      functionArn,
      true,
    ],
    ['for the whole API', { ...granted, sourceArn: source('*') }, functionArn, true],
    ['for another route', { ...granted, sourceArn: source('*/POST/users') }, functionArn, false],
    ['for another function', { ...granted, functionName: 'operation-create' }, functionArn, false],
    ['for another principal', { ...granted, principal: 's3.amazonaws.com' }, functionArn, false],
    ['for another action', { ...granted, action: 'lambda:GetFunction' }, functionArn, false],
    ['for the alias that is invoked', { ...granted, qualifier: 'live' }, `${functionArn}:live`, true],
    ['for the function, when its alias is invoked', granted, `${functionArn}:live`, false],
    ['for an alias, when the function is invoked', { ...granted, qualifier: 'live' }, functionArn, false],
  ])('%s', (_name, permission, invokedArn, allowed) => {
    expect(mayInvoke([permission], { ...route, functionArn: invokedArn }, sourceArn)).toBe(allowed);
  });

  test('there is none without one', () => {
    expect(mayInvoke([], route, sourceArn)).toBe(false);
  });
});
