import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { clientSettings, type Waiting } from './aws-client.ts';
import { UnavailableError } from './errors.ts';
import { CONDITIONAL_WRITE_ATTEMPTS_MAX } from './limits.ts';

export { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand };

/** A document client: plain objects in and out. */
export function createDocumentClient(waiting: Waiting): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(waiting)));
}

/** Whether a write was refused by its condition, which also happens to our own write when its first answer was lost. */
export function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}

export type WriteOutcome<Row> =
  | { readonly written: true; readonly row: Row }
  | { readonly written: false; readonly row: Row };

/**
 * The one path of every conditional write: written, or else what a consistent read finds in its way (which may be
 * our own row). A row that is gone by then is written again, a bounded number of times; then UnavailableError.
 */
export async function writeOrRead<Row>(
  write: () => Promise<Row>,
  read: () => Promise<Row | undefined>,
): Promise<WriteOutcome<Row>> {
  for (let attempt = 0; attempt < CONDITIONAL_WRITE_ATTEMPTS_MAX; attempt += 1) {
    try {
      return { written: true, row: await write() };
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
    }
    const row = await read();
    if (row !== undefined) return { written: false, row };
  }
  throw new RowGoneError('a row that was in the way was gone each time it was read');
}

/** The row that a condition spoke of is not there, however often it is looked for. */
export class RowGoneError extends UnavailableError {}
