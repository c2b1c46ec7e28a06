import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { jsonObject, text } from '../schema.ts';

export const iamRolePolicy = resourceType({
  type: 'aws_iam_role_policy',
  schema: z.strictObject({
    name: text,
    /** The role's name. */
    role: text,
    policy: jsonObject,
  }),
  computed: ({ name, role }) => ({ id: `${role}:${name}` }),
});
