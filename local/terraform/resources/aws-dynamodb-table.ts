import * as z from 'zod';
import { arn } from '../arns.ts';
import { resourceType } from '../resource-type.ts';
import { block, blocks, flag, text, textMap, whole } from '../schema.ts';

export const dynamodbTable = resourceType({
  type: 'aws_dynamodb_table',
  schema: z
    .strictObject({
      name: text,
      hash_key: text,
      range_key: text.optional(),
      attribute: blocks({ name: text, type: z.enum(['S', 'N', 'B']) }),
      billing_mode: z.enum(['PAY_PER_REQUEST', 'PROVISIONED']).default('PROVISIONED'),
      read_capacity: whole.optional(),
      write_capacity: whole.optional(),
      ttl: block({ attribute_name: text, enabled: flag.default(false) }).optional(),
      point_in_time_recovery: block({ enabled: flag }).optional(),
      server_side_encryption: block({ enabled: flag, kms_key_arn: text.optional() }).optional(),
      deletion_protection_enabled: flag.optional(),
      table_class: z.literal('STANDARD').optional(),
      tags: textMap.optional(),
    })
    .refine(
      (table) => table.billing_mode === 'PAY_PER_REQUEST' || (table.read_capacity && table.write_capacity),
      'a provisioned table needs read_capacity and write_capacity',
    ),
  computed: ({ name }, { region }) => ({ arn: arn('dynamodb', region, `table/${name}`), id: name }),
});
