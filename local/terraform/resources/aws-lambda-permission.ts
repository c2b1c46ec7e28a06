import * as z from 'zod';
import { resourceType, stableId } from '../resource-type.ts';
import { text } from '../schema.ts';

export const lambdaPermission = resourceType({
  type: 'aws_lambda_permission',
  schema: z.strictObject({
    action: text,
    principal: text,
    function_name: text,
    qualifier: text.optional(),
    source_arn: text.optional(),
    source_account: text.optional(),
    statement_id: text.optional(),
  }),
  computed: ({ statement_id }, { address }) => ({ id: statement_id ?? `terraform-${stableId(address, 12)}` }),
});
