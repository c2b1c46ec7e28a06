/** The small parts of the runtime: ids, JSON depth, environment, tracing context, events. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { optionalList, requiredInteger, requiredText } from '@shardbound/runtime/environment';
import { makeEvent, next, userApproveRequested } from '@shardbound/runtime/events';
import { isOperationId, newOperationId, userIdOf } from '@shardbound/runtime/ids';
import { jsonDepth } from '@shardbound/runtime/json';
import { traceparentOf } from '@shardbound/runtime/tracing';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { AT, operationId, TRACEPARENT } from '../helpers/records.ts';

describe('ids', () => {
  test('operation ids are UUIDv7 and sort by time', () => {
    const ids = Array.from({ length: 100 }, newOperationId);
    expect(ids.every(isOperationId)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(100);
  });

  test.each([
    '',
    'x',
    '../../etc/passwd',
    '0197A0C0-0000-7000-8000-000000000000',
    '00000000-0000-4000-8000-000000000000',
  ])('%j is no operation id', (text) => {
    expect(isOperationId(text)).toBe(false);
  });

  test('a user id follows from the operation id alone', () => {
    expect(userIdOf('0197a0c0-0000-7000-8000-000000000000')).toBe('7a564b7c-5446-5b31-b710-2d1556f5dd51');
    expect(userIdOf(operationId(1))).not.toBe(userIdOf(operationId(2)));
  });
});

describe('JSON depth', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

  test('is the depth of the value, whatever strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(jsonDepth(JSON.stringify(value), 1_000)).toBe(depthOf(value));
      }),
    );
    expect(jsonDepth('"[[[[\\"[["', 10)).toBe(0);
  });

  test('stops counting beyond the limit', () => {
    expect(jsonDepth('['.repeat(1_000_000), 16)).toBe(17);
  });
});

describe('environment', () => {
  afterEach(() => {
    delete process.env['TEST_VALUE'];
  });

  test.each(['', '1.5', '0', '11', 'ten'])('%j is not a whole number from 1 to 10', (value) => {
    process.env['TEST_VALUE'] = value;
    expect(() => requiredInteger('TEST_VALUE', 1, 10)).toThrow('TEST_VALUE');
  });

  test('reads what is there and names what is not', () => {
    expect(() => requiredText('TEST_VALUE')).toThrow('TEST_VALUE is not set');
    expect(optionalList('TEST_VALUE')).toEqual([]);
    process.env['TEST_VALUE'] = ' a.example, ,b.example ';
    expect(optionalList('TEST_VALUE')).toEqual(['a.example', 'b.example']);
  });
});

describe('trace context', () => {
  test('comes from the trace header of the invocation', () => {
    const xRayTraceId = 'Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1';
    expect(traceparentOf({ xRayTraceId } as unknown as Context)).toBe(
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    );
  });

  test.each([
    '',
    'Root=1-0af76519-16cd43dd8448eb211c80319c',
    'Root=nonsense;Parent=b7ad6b7169203331;Sampled=1',
  ])('is new and unsampled where the header is %j', (xRayTraceId) => {
    const traceparent = traceparentOf({ xRayTraceId } as unknown as Context);
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceparentOf({ xRayTraceId } as unknown as Context)).not.toBe(traceparent);
  });
});

describe('events', () => {
  const origin = { subject: operationId(1), traceparent: TRACEPARENT, step: 'user-create', at: AT };
  const user = { id: userIdOf(operationId(1)), name: 'Ada', email: 'ada@example.com' };

  test('fit their schema, and each step adds itself to the timeline', () => {
    const first = makeEvent('user.approve.requested.v1', origin, { user });
    expect(userApproveRequested.parse(first)).toEqual(first);
    const second = makeEvent('user.approve.decided.v1', next(first, 'user-approve', AT), { user });
    expect(second.data.timeline.map(({ step }) => step)).toEqual(['user-create', 'user-approve']);
    expect([second.subject, second.traceparent]).toEqual([first.subject, first.traceparent]);
  });

  test('have the same id when made again, another for another type or operation', () => {
    const id = makeEvent('user.approve.requested.v1', origin, { user }).id;
    expect(makeEvent('user.approve.requested.v1', { ...origin, at: 'later' }, { user }).id).toBe(id);
    expect(makeEvent('user.approve.decided.v1', origin, { user }).id).not.toBe(id);
    expect(
      makeEvent('user.approve.requested.v1', { ...origin, subject: operationId(2) }, { user }).id,
    ).not.toBe(id);
  });
});
