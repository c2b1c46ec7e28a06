/**
 * The pipeline's events: CloudEvents 1.0 in structured JSON, each type versioned, each schema written once here.
 * `subject` is the operation id, which is also the partition key.
 */
import * as z from 'zod';
import { isEmail, normaliseEmail } from './email.ts';
import { eventIdOf } from './ids.ts';
import { REQUEST } from './limits.ts';

const CONTROL_CHARACTER = /\p{Cc}/u;

/** Text that survives every hop byte for byte: well-formed Unicode without control characters. */
const plainText = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax, `must have at most ${charactersMax} characters`)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
    .refine((text) => !CONTROL_CHARACTER.test(text), 'must not have control characters')
    .refine((text) => text.trim() !== '', 'must not be empty');

const name = plainText(REQUEST.nameCharactersMax).meta({ example: 'Ada Lovelace' });
const email = plainText(REQUEST.emailCharactersMax)
  .refine((text) => isEmail(normaliseEmail(text)), 'must be an e-mail address')
  .meta({ example: 'ada@example.com' });

/** What a client asks for: the body of POST /users. Unknown keys are refused. */
export const newUserSchema = z.strictObject({ name, email }).meta({ id: 'NewUser' });
export type NewUser = z.infer<typeof newUserSchema>;

export const reasonSchema = z.object({ type: z.string(), title: z.string(), detail: z.string() }).meta({
  id: 'Reason',
  description: 'Why an operation failed: a business refusal, never an infrastructure fault.',
});
export type Reason = z.infer<typeof reasonSchema>;

export const timelineSchema = z
  .array(z.object({ step: z.string(), at: z.iso.datetime() }))
  .meta({ description: 'Each step of the pipeline with its own time, in order.' });
export type Timeline = z.infer<typeof timelineSchema>;

const userSchema = z.object({ id: z.uuid(), name, email });
export type EventUser = z.infer<typeof userSchema>;

export const settledUserStatusSchema = z.enum(['active', 'rejected']);

const envelope = {
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().regex(/^\/shardbound\/[a-z-]+$/),
  subject: z.uuid(),
  time: z.iso.datetime(),
  traceparent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
};

function eventSchema<Type extends string, Data extends z.ZodType>(type: Type, data: Data) {
  return z.object({ ...envelope, type: z.literal(type), data });
}

/** operation-create → user-create: a client asked for a user. */
export const userCreateRequested = eventSchema(
  'user.create.requested.v1',
  z.object({ user: z.object({ name, email }), timeline: timelineSchema }),
);
/** user-create → user-approve: the user is pending and holds its e-mail. */
export const userApproveRequested = eventSchema(
  'user.approve.requested.v1',
  z.object({ user: userSchema, timeline: timelineSchema }),
);
/** user-approve → user-create-response: approved, or rejected with the reason. */
export const userApproveDecided = eventSchema(
  'user.approve.decided.v1',
  z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('approved'), user: userSchema, timeline: timelineSchema }),
    z.object({
      decision: z.literal('rejected'),
      user: userSchema,
      reason: reasonSchema,
      timeline: timelineSchema,
    }),
  ]),
);
/** user-create, user-create-response → operation-update: the user is settled, as stored. */
export const userCreateCompleted = eventSchema(
  'user.create.completed.v1',
  z.discriminatedUnion('status', [
    z.object({ status: z.literal('active'), user: userSchema, timeline: timelineSchema }),
    z.object({
      status: z.literal('rejected'),
      user: userSchema,
      reason: reasonSchema,
      timeline: timelineSchema,
    }),
  ]),
);

export type UserCreateRequested = z.infer<typeof userCreateRequested>;
export type UserApproveRequested = z.infer<typeof userApproveRequested>;
export type UserApproveDecided = z.infer<typeof userApproveDecided>;
export type UserCreateCompleted = z.infer<typeof userCreateCompleted>;

/** Any event of the pipeline, as far as carrying it needs to know. */
export interface PipelineEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly traceparent: string;
  readonly data: { readonly timeline: Timeline };
}

/** The schema of one event type; its `type` literal tells which. */
export type EventSchema<Event extends PipelineEvent> = z.ZodType<Event> & {
  readonly shape: { readonly type: { readonly value: string } };
};

interface Origin {
  readonly subject: string;
  readonly traceparent: string;
  /** The function that emits, e.g. `user-create`. */
  readonly step: string;
  /** When it emits; RFC 3339. */
  readonly at: string;
  /** The steps before this one. */
  readonly timeline?: Timeline;
}

/** Makes an event: envelope filled in, `step` added to the timeline, the id a function of operation and type. */
export function makeEvent<const Type extends string, const Data extends object>(
  type: Type,
  origin: Origin,
  data: Data,
): PipelineEvent & { readonly type: Type; readonly data: Data & { readonly timeline: Timeline } } {
  return {
    specversion: '1.0',
    id: eventIdOf(origin.subject, type),
    source: `/shardbound/${origin.step}`,
    type,
    subject: origin.subject,
    time: origin.at,
    traceparent: origin.traceparent,
    data: { ...data, timeline: [...(origin.timeline ?? []), { step: origin.step, at: origin.at }] },
  };
}

/** Where the event after `event` comes from: same operation and trace, one step on. */
export function next(event: PipelineEvent, step: string, at: string): Origin {
  return { subject: event.subject, traceparent: event.traceparent, step, at, timeline: event.data.timeline };
}
