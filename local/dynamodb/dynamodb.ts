import { setTimeout as delay } from 'node:timers/promises';
import { AwsError } from '../gateway/aws-error.ts';
import type { AwsService, Input } from '../gateway/call.ts';
import { createDynalite, type Dynalite } from './dynalite-in-process.ts';
import { resourceArns } from './resource-arns.ts';

export interface TableConfiguration {
  readonly name: string;
  readonly hashKey: string;
  readonly rangeKey?: string;
  /** The types of the key attributes, by name. */
  readonly attributes: Readonly<Record<string, 'S' | 'N' | 'B'>>;
  /** Units per second of a provisioned table; on demand where absent. */
  readonly provisioned?: { readonly readUnits: number; readonly writeUnits: number };
}

/** dynalite makes a table active on its next timer; it is asked at most so often. */
const ACTIVE_CHECKS_MAX = 1_000;

/** DynamoDB, by dynalite in memory, behind the gateway. */
export class DynamoDb implements AwsService {
  readonly name = 'dynamodb';
  readonly #region: string;
  readonly #dynalite: Dynalite;

  constructor({ region }: { readonly region: string }) {
    this.#region = region;
    this.#dynalite = createDynalite(region);
  }

  resourceArns(operation: string, input: Input): readonly string[] {
    return resourceArns(this.#region, operation, input);
  }

  execute(operation: string, input: Input): Promise<unknown> {
    return this.#dynalite(operation, input);
  }

  /** Makes a table at boot; resolves once it takes writes. */
  async createTable(table: TableConfiguration): Promise<void> {
    const { name, hashKey, rangeKey, attributes, provisioned } = table;
    const keySchema = [{ AttributeName: hashKey, KeyType: 'HASH' }];
    if (rangeKey !== undefined) keySchema.push({ AttributeName: rangeKey, KeyType: 'RANGE' });
    await this.execute('CreateTable', {
      TableName: name,
      KeySchema: keySchema,
      AttributeDefinitions: Object.entries(attributes).map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      ...(provisioned
        ? {
            ProvisionedThroughput: {
              ReadCapacityUnits: provisioned.readUnits,
              WriteCapacityUnits: provisioned.writeUnits,
            },
          }
        : { BillingMode: 'PAY_PER_REQUEST' }),
    });
    await this.#untilActive(name);
  }

  async #untilActive(name: string): Promise<void> {
    for (let check = 0; check < ACTIVE_CHECKS_MAX; check += 1) {
      const { Table: table } = (await this.execute('DescribeTable', { TableName: name })) as {
        Table: { TableStatus: string };
      };
      if (table.TableStatus === 'ACTIVE') return;
      // dynalite's own timer is a real one, so this wait is too.
      await delay(1);
    }
    throw new AwsError('LimitExceededException', `table ${name} did not become active`);
  }
}
