import { AwsError } from '../gateway/aws-error.ts';
import { ACCOUNT_ID, type Input } from '../gateway/call.ts';

/** Operations on one table, named by `TableName`. */
const ON_A_TABLE = new Set([
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
]);

/** The ARNs IAM checks an operation on ("Actions, resources, and condition keys for Amazon DynamoDB"). */
export function resourceArns(region: string, operation: string, input: Input): readonly string[] {
  const prefix = `arn:aws:dynamodb:${region}:${ACCOUNT_ID}:table/`;
  if (ON_A_TABLE.has(operation)) return [arnOf(prefix, input)];
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
    return Object.keys(asObject(input['RequestItems'])).map((name) => prefix + name);
  }
  const { ResourceArn: resourceArn } = input;
  return [typeof resourceArn === 'string' ? resourceArn : '*'];
}

function arnOf(prefix: string, { TableName: tableName, IndexName: indexName }: Input): string {
  if (typeof tableName !== 'string' || tableName === '') {
    throw new AwsError(
      'ValidationException',
      "The parameter 'TableName' is required but was not present in the request",
    );
  }
  return typeof indexName === 'string' ? `${prefix}${tableName}/index/${indexName}` : prefix + tableName;
}

function asObject(value: unknown): object {
  return value !== null && typeof value === 'object' ? value : {};
}
