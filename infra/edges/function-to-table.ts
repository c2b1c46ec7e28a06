import type { LambdaFunction } from '../nodes/lambda-function.ts';
import type { Table } from '../nodes/table.ts';
import { environmentName } from './environment-name.ts';

type TableAction = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** Lets a function's code do exactly `actions` on a table, and tells it the table's name. */
export function functionToTable(source: LambdaFunction, table: Table, actions: readonly TableAction[]): void {
  source.allowCode(
    actions.map((action) => `dynamodb:${action}`),
    table.resource.arn,
  );
  source.setEnvironment({ [environmentName(table.name, 'TABLE')]: table.resource.name });
}
