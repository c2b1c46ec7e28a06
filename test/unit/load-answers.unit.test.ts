import { describe, expect, test } from '@jest/globals';
import { readCreated, readOperation } from '../../load/answers.ts';

describe('the answer to POST /users', () => {
  test('202: the id is the last segment of Location, whatever the stage before it', () => {
    const headers = { location: '/prod/operations/0197-ab', 'retry-after': '3' };
    expect(readCreated(202, headers)).toEqual({ kind: 'accepted', id: '0197-ab', retryAfterMs: 3_000 });
  });

  test('202 without Retry-After: a second', () => {
    expect(readCreated(202, { location: '/operations/a' })).toHaveProperty('retryAfterMs', 1_000);
  });

  test.each([undefined, '/users/1', '/operations/', '/operations/../x', `/operations/${'a'.repeat(129)}`])(
    '202 with Location %p cannot be followed',
    (location) => {
      expect(readCreated(202, location === undefined ? {} : { location })).toHaveProperty('kind', 'wrong');
    },
  );

  test.each([200, 400, 429, 503])('%d is rejected, counted by its status', (status) => {
    expect(readCreated(status, { location: '/operations/a' })).toEqual({
      kind: 'rejected',
      reason: String(status),
    });
  });
});

describe('the answer to GET /operations/{id}', () => {
  const at = (second: number) => ({ step: 'any', at: `2026-01-01T00:00:0${second}.250Z` });
  const read = (operation: object, headers = {}) =>
    readOperation('a', 200, headers, JSON.stringify(operation));

  test('pending: ask again after Retry-After, at most ten seconds', () => {
    const pending = { id: 'a', status: 'pending' };
    expect(read(pending, { 'retry-after': '2' })).toEqual({ kind: 'pending', retryAfterMs: 2_000 });
    expect(read(pending, { 'retry-after': '3600' })).toEqual({ kind: 'pending', retryAfterMs: 10_000 });
    expect(read(pending, { 'retry-after': 'soon' })).toEqual({ kind: 'pending', retryAfterMs: 1_000 });
  });

  test('completed: settling is the last step less the first', () => {
    const operation = { id: 'a', status: 'completed', timeline: [at(1), at(2), at(4)] };
    expect(read(operation)).toEqual({ kind: 'completed', settlingMs: 3_000 });
  });

  test('a timeline of fewer than two steps tells no settling', () => {
    expect(read({ id: 'a', status: 'completed', timeline: [at(1)] })).toEqual({ kind: 'completed' });
    expect(read({ id: 'a', status: 'completed' })).toEqual({ kind: 'completed' });
  });

  test('failed: counted by its title, which holds nothing of the user', () => {
    const operation = {
      id: 'a',
      status: 'failed',
      error: { type: 't', title: 'E-mail taken', detail: 'x@y.z' },
    };
    expect(read(operation)).toEqual({ kind: 'failed', reason: 'E-mail taken' });
  });

  test('404: missing', () => expect(readOperation('a', 404, {}, '{}').kind).toBe('missing'));

  test.each([429, 500, 503])('%d says nothing about the operation: ask again', (status) => {
    expect(readOperation('a', status, { 'retry-after': '2' }, 'any')).toEqual({
      kind: 'unanswered',
      reason: String(status),
      retryAfterMs: 2_000,
    });
  });

  test.each([
    [403, '{}'],
    [200, 'no JSON'],
    [200, '{}'],
    [200, '{"id":"another","status":"completed"}'],
    [200, '{"id":"a","status":"done"}'],
    [200, '{"id":"a","status":"completed","timeline":[{"at":"yesterday"}]}'],
  ])('%d with %s breaks the contract', (status, body) => {
    expect(readOperation('a', status, {}, body).kind).toBe('wrong');
  });
});
