/** An operation: its states and transitions, pure. `pending` → `completed` | `failed`, and no further. */
import type { NewUser, Reason, Timeline, UserCreateCompleted } from '@shardbound/runtime/events';
import { LIFETIME } from '@shardbound/runtime/limits';
import type { OperationView } from './answer-schemas.ts';

interface OperationBase {
  readonly id: string;
  readonly owner: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Waits for the pipeline; keeps the validated request, from which its first event can be made again. Never expires. */
export interface PendingOperation extends OperationBase {
  readonly status: 'pending';
  readonly request: NewUser;
}

export interface CompletedOperation extends OperationBase {
  readonly status: 'completed';
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
  readonly timeline: Timeline;
  readonly expiresAtEpochS: number;
}

export interface FailedOperation extends OperationBase {
  readonly status: 'failed';
  readonly reason: Reason;
  readonly timeline: Timeline;
  readonly expiresAtEpochS: number;
}

export type SettledOperation = CompletedOperation | FailedOperation;
export type Operation = PendingOperation | SettledOperation;

export function pendingOperation(id: string, owner: string, request: NewUser, at: string): PendingOperation {
  return { id, owner, status: 'pending', request, createdAt: at, updatedAt: at };
}

export type Settlement =
  | Pick<CompletedOperation, 'status' | 'user' | 'timeline' | 'expiresAtEpochS'>
  | Pick<FailedOperation, 'status' | 'reason' | 'timeline' | 'expiresAtEpochS'>;

/** How an operation settles once its user has: active completes it, rejected fails it with the user's reason. */
export function settlementOf(
  data: UserCreateCompleted['data'],
  timeline: Timeline,
  nowMs: number,
): Settlement {
  const expiresAtEpochS = Math.ceil((nowMs + LIFETIME.settledOperationMs) / 1_000);
  return data.status === 'active'
    ? { status: 'completed', user: data.user, timeline, expiresAtEpochS }
    : { status: 'failed', reason: data.reason, timeline, expiresAtEpochS };
}

/** An expired operation counts as absent, even before DynamoDB deletes its row (which may take days). */
export function hasExpired(operation: Operation, nowMs: number): boolean {
  return operation.status !== 'pending' && operation.expiresAtEpochS * 1_000 <= nowMs;
}

export const FIRST_STEP = 'operation-create';

/** Picks what clients may see, field by field. */
export function viewOf(operation: Operation): OperationView {
  const { id, status, createdAt, updatedAt } = operation;
  const common = { id, type: 'user.create' as const, status, createdAt, updatedAt };
  switch (operation.status) {
    case 'pending':
      return { ...common, timeline: [{ step: FIRST_STEP, at: createdAt }] };
    case 'completed': {
      const { id: userId, name, email } = operation.user;
      const user = { id: userId, name, email, status: 'active' as const };
      return { ...common, result: { user }, timeline: operation.timeline };
    }
    case 'failed':
      return { ...common, error: operation.reason, timeline: operation.timeline };
  }
}
