import * as z from 'zod';
import { arn, functionNameOf, invokeArn } from '../arns.ts';
import { resourceType } from '../resource-type.ts';
import { text } from '../schema.ts';

export const lambdaAlias = resourceType({
  type: 'aws_lambda_alias',
  schema: z.strictObject({
    name: text,
    function_name: text,
    function_version: text,
    description: text.optional(),
  }),
  computed: ({ name, function_name }, { region }) => {
    const aliasArn = arn('lambda', region, `function:${functionNameOf(function_name)}:${name}`);
    return { arn: aliasArn, id: aliasArn, invoke_arn: invokeArn(aliasArn, region) };
  },
});
