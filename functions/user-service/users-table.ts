/**
 * The table `users`, which only this service touches. Two kinds of item under one partition key `pk`:
 * `user#<id>` and the claim `email#<normalised e-mail>`, which names the one user that may become active with it.
 */
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  isConditionFailed,
  PutCommand,
  UpdateCommand,
  type WriteOutcome,
  writeOrRead,
} from '@shardbound/runtime/dynamodb';
import type { Settlement, User } from './user.ts';

interface Claim {
  readonly userId: string;
}

interface Deps {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly tableName: string;
}

export type UsersTable = ReturnType<typeof createUsersTable>;

export function createUsersTable({ client, tableName: TableName }: Deps) {
  return { putPending, get, claimEmail, takeOverEmail, freeEmail, settle };

  /** Puts a new user if there is none with its id; otherwise returns what is stored. */
  function putPending(user: User): Promise<WriteOutcome<User>> {
    return writeOrRead<User>(
      async () => {
        const Item = { pk: userKey(user.id), ...user };
        await client.send(
          new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
        );
        return user;
      },
      () => get(user.id),
    );
  }

  /** One consistent read. */
  async function get(id: string): Promise<User | undefined> {
    const item = await read(userKey(id));
    return item && toUser(item);
  }

  /** Claims an e-mail that nobody, or this user already, holds; the row says who holds it then. */
  function claimEmail(emailNormalised: string, userId: string): Promise<WriteOutcome<Claim>> {
    return putClaim(emailNormalised, userId, 'attribute_not_exists(pk) OR userId = :holder', userId);
  }

  /** Takes a claim over from exactly this holder (or finds it free); the row says who holds it then. */
  function takeOverEmail(
    emailNormalised: string,
    userId: string,
    holderId: string,
  ): Promise<WriteOutcome<Claim>> {
    return putClaim(emailNormalised, userId, 'attribute_not_exists(pk) OR userId = :holder', holderId);
  }

  function putClaim(emailNormalised: string, userId: string, condition: string, holder: string) {
    const pk = claimKey(emailNormalised);
    return writeOrRead<Claim>(
      async () => {
        await client.send(
          new PutCommand({
            TableName,
            Item: { pk, userId },
            ConditionExpression: condition,
            ExpressionAttributeValues: { ':holder': holder },
          }),
        );
        return { userId };
      },
      async () => (await read(pk)) as Claim | undefined,
    );
  }

  /** Frees the claim if it is still this user's; somebody else's, or none, is left as it is. */
  async function freeEmail(emailNormalised: string, userId: string): Promise<void> {
    try {
      await client.send(
        new DeleteCommand({
          TableName,
          Key: { pk: claimKey(emailNormalised) },
          ConditionExpression: 'userId = :me',
          ExpressionAttributeValues: { ':me': userId },
        }),
      );
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
    }
  }

  /**
   * Settles a user, only from `pending`; one that is settled already is returned as it is. A rejection also stores a
   * user that was never written, so that an abandoned operation can end; an approval of one is a RowGoneError.
   */
  function settle(
    user: Omit<User, 'status'>,
    settlement: Settlement,
    at: string,
  ): Promise<WriteOutcome<User>> {
    const rejected = settlement.status === 'rejected';
    return writeOrRead(
      async () => {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName,
            Key: { pk: userKey(user.id) },
            UpdateExpression: [
              'SET #status = :status, updatedAt = :at, createdAt = if_not_exists(createdAt, :at)',
              '#id = if_not_exists(#id, :id), #name = if_not_exists(#name, :name)',
              '#email = if_not_exists(#email, :email)',
              'emailNormalised = if_not_exists(emailNormalised, :emailNormalised)',
              ...(rejected ? ['#reason = :reason'] : []),
            ].join(', '),
            ConditionExpression: rejected
              ? 'attribute_not_exists(pk) OR #status = :pending'
              : '#status = :pending',
            ExpressionAttributeNames: {
              '#status': 'status',
              '#id': 'id',
              '#name': 'name',
              '#email': 'email',
              ...(rejected ? { '#reason': 'reason' } : {}),
            },
            ExpressionAttributeValues: {
              ':status': settlement.status,
              ':at': at,
              ':id': user.id,
              ':name': user.name,
              ':email': user.email,
              ':emailNormalised': user.emailNormalised,
              ':pending': 'pending',
              ...(rejected ? { ':reason': settlement.reason } : {}),
            },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return toUser(Attributes);
      },
      () => get(user.id),
    );
  }

  async function read(pk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk }, ConsistentRead: true }));
    return Item;
  }
}

/** A row as the user it holds. */
function toUser(item: Record<string, unknown> | undefined): User {
  const { pk: _pk, ...user } = item ?? {};
  return user as unknown as User;
}

function userKey(id: string): string {
  return `user#${id}`;
}

function claimKey(emailNormalised: string): string {
  return `email#${emailNormalised}`;
}
