/** What is decided, apart from what is done: operations, users and approval are pure. */
import { describe, expect, test } from '@jest/globals';
import { LIFETIME } from '@shardbound/runtime/limits';
import { decide } from '../../functions/approval-service/approval-policy.ts';
import { operationViewSchema } from '../../functions/operation-service/answer-schemas.ts';
import {
  hasExpired,
  type Operation,
  pendingOperation,
  settlementOf,
  viewOf,
} from '../../functions/operation-service/operation.ts';
import {
  EMAIL_TAKEN,
  outcomeOf,
  settlementOf as settlementOfUser,
  type User,
} from '../../functions/user-service/user.ts';
import { AT, operationId } from '../helpers/records.ts';

const reason = { type: 'urn:problem-type:shardbound:test', title: 'No', detail: 'Just no.' };
const user = { id: operationId(9), name: 'Ada', email: 'Ada@Example.com' };
const timeline = [{ step: 'operation-create', at: AT }];
const pending = pendingOperation(operationId(1), 'owner', { name: 'Ada', email: 'Ada@Example.com' }, AT);

describe('an operation', () => {
  test('given an active user, completes with that user and lives seven days', () => {
    const nowMs = Date.parse(AT);
    expect(settlementOf({ status: 'active', user, timeline }, timeline, nowMs)).toEqual({
      status: 'completed',
      user,
      timeline,
      expiresAtEpochS: Date.parse('2026-01-08T00:00:00Z') / 1_000,
    });
  });

  test("given a rejected user, fails with the user's reason", () => {
    const settlement = settlementOf({ status: 'rejected', user, reason, timeline }, timeline, Date.parse(AT));
    expect(settlement).toMatchObject({ status: 'failed', reason });
    expect(settlement).not.toHaveProperty('user');
  });

  test('never expires while pending; settled, at its time and not a millisecond before', () => {
    const settled = { ...pending, status: 'failed', reason, timeline, expiresAtEpochS: 1_000 } as Operation;
    expect(hasExpired(pending, Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(hasExpired(settled, 999_999)).toBe(false);
    expect(hasExpired(settled, 1_000_000)).toBe(true);
    expect(LIFETIME.idempotencyKeyMs).toBeLessThan(LIFETIME.settledOperationMs);
  });

  test.each<[string, Operation, readonly string[]]>([
    ['pending', pending, []],
    [
      'completed',
      { ...pending, status: 'completed', user, timeline, expiresAtEpochS: 1 } as Operation,
      ['result'],
    ],
    [
      'failed',
      { ...pending, status: 'failed', reason, timeline, expiresAtEpochS: 1 } as Operation,
      ['error'],
    ],
  ])('%s shows clients its own fields and no others', (_, operation, extra) => {
    const view = viewOf(operation);
    expect(operationViewSchema.parse(view)).toEqual(view);
    const common = ['createdAt', 'id', 'status', 'timeline', 'type', 'updatedAt'];
    expect(Object.keys(view).sort()).toEqual([...common, ...extra].sort());
  });
});

describe('a user', () => {
  const row = { ...user, emailNormalised: 'ada@example.com', createdAt: AT, updatedAt: AT };

  test.each<[string, User, object | undefined]>([
    ['pending: not reported', { ...row, status: 'pending' }, undefined],
    ['active: as stored', { ...row, status: 'active' }, { status: 'active', user }],
    [
      'rejected: with its reason',
      { ...row, status: 'rejected', reason },
      { status: 'rejected', user, reason },
    ],
  ])('%s', (_, stored, outcome) => {
    expect(outcomeOf(stored)).toEqual(outcome);
  });

  test('settles by the decision', () => {
    expect(settlementOfUser({ decision: 'approved', user, timeline })).toEqual({ status: 'active' });
    expect(settlementOfUser({ decision: 'rejected', user, reason, timeline })).toEqual({
      status: 'rejected',
      reason,
    });
    expect(EMAIL_TAKEN).toMatchObject({ reason: { type: 'urn:problem-type:shardbound:email-taken' } });
  });
});

describe('the approval policy', () => {
  test.each([
    ['ada@example.com', 'approved'],
    ['ada@denied.example', 'rejected'],
    ['ada@DENIED.example', 'rejected'],
    ['ada@mail.denied.example', 'rejected'],
    ['ada@notdenied.example', 'approved'],
    ['denied.example@example.com', 'approved'],
  ])('%s is %s', (email, decision) => {
    expect(decide(email, ['Denied.Example']).decision).toBe(decision);
  });

  test('denies nobody without a list', () => {
    expect(decide('ada@denied.example', []).decision).toBe('approved');
  });
});
