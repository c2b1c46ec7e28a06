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
import type { Reason } from '@shardbound/runtime/events';
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
    const Key = { pk: userKey(user.id) };
    const update = settlement.status === 'active' ? activation(at) : rejection(user, settlement.reason, at);
    return writeOrRead(
      async () => {
        const { Attributes } = await client.send(
          new UpdateCommand({ TableName, Key, ...update, ReturnValues: 'ALL_NEW' }),
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

function activation(at: string) {
  return {
    UpdateExpression: 'SET #status = :active, updatedAt = :at',
    ConditionExpression: '#status = :pending',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':active': 'active', ':pending': 'pending', ':at': at },
  };
}

/** Of a row that is there only what is decided changes; one that was never written comes to be as a whole. */
function rejection(user: Omit<User, 'status'>, reason: Reason, at: string) {
  return {
    UpdateExpression: [
      'SET #status = :rejected, updatedAt = :at, #reason = :reason, createdAt = if_not_exists(createdAt, :at)',
      '#id = if_not_exists(#id, :id), #name = if_not_exists(#name, :name)',
      '#email = if_not_exists(#email, :email)',
      'emailNormalised = if_not_exists(emailNormalised, :emailNormalised)',
    ].join(', '),
    ConditionExpression: 'attribute_not_exists(pk) OR #status = :pending',
    ExpressionAttributeNames: {
      '#status': 'status',
      '#reason': 'reason',
      '#id': 'id',
      '#name': 'name',
      '#email': 'email',
    },
    ExpressionAttributeValues: {
      ':rejected': 'rejected',
      ':pending': 'pending',
      ':at': at,
      ':reason': reason,
      ':id': user.id,
      ':name': user.name,
      ':email': user.email,
      ':emailNormalised': user.emailNormalised,
    },
  };
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
