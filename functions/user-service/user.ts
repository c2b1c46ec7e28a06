/** A user: its states and what follows from them, pure. `pending` → `active` | `rejected`, and no further. */

import { problemType } from '@shardbound/runtime/errors';
import type { EventUser, Reason, UserApproveDecided } from '@shardbound/runtime/events';

interface UserBase extends EventUser {
  /** The spelling under which the e-mail is claimed. */
  readonly emailNormalised: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type User =
  | (UserBase & { readonly status: 'pending' | 'active' })
  | (UserBase & { readonly status: 'rejected'; readonly reason: Reason });

export type Settlement =
  | { readonly status: 'active' }
  | { readonly status: 'rejected'; readonly reason: Reason };

export const EMAIL_TAKEN: Settlement = {
  status: 'rejected',
  reason: {
    type: problemType('email-taken'),
    title: 'The e-mail address is taken',
    detail: 'Another user has this e-mail address, or is being created with it.',
  },
};

/** How a user settles by the approver's decision. */
export function settlementOf(data: UserApproveDecided['data']): Settlement {
  return data.decision === 'approved' ? { status: 'active' } : { status: 'rejected', reason: data.reason };
}

/** What user.create.completed says of a user. */
export type Outcome = Settlement & { readonly user: EventUser };

/** What a settled user is reported as: as it is stored; undefined while it is pending. */
export function outcomeOf(user: User): Outcome | undefined {
  const { id, name, email } = user;
  switch (user.status) {
    case 'pending':
      return undefined;
    case 'active':
      return { status: 'active', user: { id, name, email } };
    case 'rejected':
      return { status: 'rejected', user: { id, name, email }, reason: user.reason };
  }
}
