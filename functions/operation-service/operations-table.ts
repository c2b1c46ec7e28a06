/**
 * The table `operations`, which only this service touches. Two kinds of item under one partition key `pk`:
 * `operation#<id>` and `key#<hash of caller and Idempotency-Key>`. `expiresAt` (epoch seconds) is the TTL attribute.
 */
import { createHash } from 'node:crypto';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type WriteOutcome,
  writeOrRead,
} from '@shardbound/runtime/dynamodb';
import { LIFETIME } from '@shardbound/runtime/limits';
import { hasExpired, type Operation, type PendingOperation, type Settlement } from './operation.ts';

/** An Idempotency-Key in use: which operation it names, and what was asked for under it. */
export interface KeyItem {
  readonly operationId: string;
  readonly fingerprint: string;
}

interface Deps {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly tableName: string;
}

export type OperationsTable = ReturnType<typeof createOperationsTable>;

export function createOperationsTable({ client, tableName: TableName }: Deps) {
  return { claimKey, putPending, get, settle };

  /** Puts the key's item if it is absent or expired; otherwise tells which operation the key names already. */
  function claimKey(
    caller: string,
    key: string,
    item: KeyItem,
    nowMs: number,
  ): Promise<WriteOutcome<KeyItem>> {
    const pk = keyItemKey(caller, key);
    const expiresAt = Math.ceil((nowMs + LIFETIME.idempotencyKeyMs) / 1_000);
    return writeOrRead(
      async () => {
        await client.send(
          new PutCommand({
            TableName,
            Item: { pk, ...item, expiresAt },
            ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
            ExpressionAttributeValues: { ':now': Math.floor(nowMs / 1_000) },
          }),
        );
        return item;
      },
      async () => (await read(pk)) as KeyItem | undefined,
    );
  }

  /** Puts a new operation if there is none with its id; otherwise returns what is stored. */
  function putPending(operation: PendingOperation): Promise<WriteOutcome<Operation>> {
    const pk = operationKey(operation.id);
    return writeOrRead<Operation>(
      async () => {
        await client.send(
          new PutCommand({
            TableName,
            Item: { pk, ...operation },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
        return operation;
      },
      () => readOperation(pk),
    );
  }

  /** One consistent read; an expired operation counts as absent. */
  async function get(id: string, nowMs: number): Promise<Operation | undefined> {
    const operation = await readOperation(operationKey(id));
    return operation && !hasExpired(operation, nowMs) ? operation : undefined;
  }

  /** Settles a pending operation and drops its request; one that is settled already stays as it is. RowGoneError if there is none. */
  function settle(id: string, settlement: Settlement, at: string): Promise<WriteOutcome<Operation>> {
    const pk = operationKey(id);
    const { status, timeline, expiresAtEpochS } = settlement;
    const [name, outcome] =
      settlement.status === 'completed' ? ['#user', settlement.user] : ['#reason', settlement.reason];
    return writeOrRead(
      async () => {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName,
            Key: { pk },
            UpdateExpression: `SET #status = :status, ${name} = :outcome, #timeline = :timeline, updatedAt = :at, expiresAt = :expiresAt REMOVE #request`,
            ConditionExpression: '#status = :pending',
            ExpressionAttributeNames: {
              '#status': 'status',
              '#timeline': 'timeline',
              '#request': 'request',
              [name]: name.slice(1),
            },
            ExpressionAttributeValues: {
              ':status': status,
              ':outcome': outcome,
              ':timeline': timeline,
              ':at': at,
              ':expiresAt': expiresAtEpochS,
              ':pending': 'pending',
            },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return toOperation(Attributes);
      },
      () => readOperation(pk),
    );
  }

  async function readOperation(pk: string): Promise<Operation | undefined> {
    const item = await read(pk);
    return item && toOperation(item);
  }

  async function read(pk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk }, ConsistentRead: true }));
    return Item;
  }
}

/** A row as the operation it holds: the table's own attributes taken off, units put back into names. */
function toOperation(item: Record<string, unknown> | undefined): Operation {
  const { pk: _pk, expiresAt, ...operation } = item ?? {};
  return { ...operation, ...(expiresAt === undefined ? {} : { expiresAtEpochS: expiresAt }) } as Operation;
}

function operationKey(id: string): string {
  return `operation#${id}`;
}

/** Hashed, so that a key's item names neither caller nor key; the separator cannot occur in a key. */
function keyItemKey(caller: string, key: string): string {
  return `key#${createHash('sha256').update(`${caller}\n${key}`).digest('hex')}`;
}
