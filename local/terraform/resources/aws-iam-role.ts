import * as z from 'zod';
import { ACCOUNT_ID } from '../../gateway/call.ts';
import { resourceType, stableId } from '../resource-type.ts';
import { jsonObject, text, textMap, whole } from '../schema.ts';

export const iamRole = resourceType({
  type: 'aws_iam_role',
  schema: z.strictObject({
    name: text,
    path: text.default('/'),
    assume_role_policy: jsonObject,
    description: text.optional(),
    max_session_duration: whole.optional(),
    tags: textMap.optional(),
  }),
  computed: ({ name, path }, { address }) => ({
    arn: `arn:aws:iam::${ACCOUNT_ID}:role${path}${name}`,
    id: name,
    unique_id: `AROA${stableId(address, 16).toUpperCase()}`,
  }),
});
