import { DynamodbTable } from '@cdktn/provider-aws/lib/dynamodb-table/index.js';
import { Construct } from 'constructs';
import type { Variables } from '../variables.ts';
import { addressed } from './addressed.ts';

/** Every row of both tables is found by this one string. */
const KEY_ATTRIBUTE = 'pk';

/** A DynamoDB table; with `ttlAttribute`, rows are deleted some time after the second it names. */
export class Table extends Construct {
  readonly name: string;
  readonly resource: DynamodbTable;

  constructor(scope: Construct, name: string, variables: Variables, options: { ttlAttribute?: string } = {}) {
    super(scope, `table-${name}`);
    this.name = name;
    this.resource = addressed(
      name,
      new DynamodbTable(this, 'table', {
        name: `${variables.namePrefix}-${name}`,
        hashKey: KEY_ATTRIBUTE,
        attribute: [{ name: KEY_ATTRIBUTE, type: 'S' }],
        billingMode: variables.tableBillingMode,
        readCapacity: variables.tableReadUnits,
        writeCapacity: variables.tableWriteUnits,
        pointInTimeRecovery: { enabled: true },
        serverSideEncryption: { enabled: true },
        deletionProtectionEnabled: variables.deletionProtection,
        ...(options.ttlAttribute && { ttl: { attributeName: options.ttlAttribute, enabled: true } }),
      }),
    );
  }
}
