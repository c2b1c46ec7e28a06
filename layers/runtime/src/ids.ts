import { v5, v7 } from 'uuid';

const USER_NAMESPACE = '5b2f4f9e-0c0e-4b0a-9d7b-6d1f4a3c2e10';
const EVENT_NAMESPACE = '8f8d2a34-6f0d-4a3e-8a0f-2c9f2f6a7b55';
const OPERATION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new operation id: UUIDv7, so that ids sort by the time they were made. */
export function newOperationId(): string {
  return v7();
}

/** Whether a text is an operation id as this pipeline writes them: lower-case UUIDv7. */
export function isOperationId(text: string): boolean {
  return OPERATION_ID.test(text);
}

/** The id of the user that an operation creates: a function of the operation's, so a redelivery makes no second user. */
export function userIdOf(operationId: string): string {
  return v5(operationId, USER_NAMESPACE);
}

/** The id of an operation's event of one type: the same on every redelivery, so duplicates are recognisable. */
export function eventIdOf(operationId: string, type: string): string {
  return v5(`${operationId} ${type}`, EVENT_NAMESPACE);
}
