/** The schemas of what clients are answered, for the OpenAPI document and the tests; the functions use their types alone. */
import { reasonSchema, timelineSchema } from '@shardbound/runtime/events';
import * as z from 'zod';

export const operationViewSchema = z
  .strictObject({
    id: z.uuid(),
    type: z.literal('user.create'),
    status: z.enum(['pending', 'completed', 'failed']),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    result: z
      .strictObject({
        user: z.strictObject({
          id: z.uuid(),
          name: z.string(),
          email: z.string(),
          status: z.literal('active'),
        }),
      })
      .optional(),
    error: reasonSchema.optional(),
    timeline: timelineSchema,
  })
  .meta({ id: 'Operation', description: 'result only when completed, error only when failed.' });
export type OperationView = z.infer<typeof operationViewSchema>;

/** The schema of every problem+json body. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
