/** The approval policy, pure: who may become a user. */
import { domainOf, normaliseEmail } from '@shardbound/runtime/email';
import { problemType } from '@shardbound/runtime/errors';
import type { Reason } from '@shardbound/runtime/events';

export type Decision =
  | { readonly decision: 'approved' }
  | { readonly decision: 'rejected'; readonly reason: Reason };

/** Refuses e-mail addresses at a denied domain or below it; approves everyone else. Domains in any spelling of case. */
export function decide(email: string, deniedDomains: readonly string[]): Decision {
  const domain = domainOf(normaliseEmail(email));
  const denied = deniedDomains
    .map((name) => normaliseEmail(name))
    .some((name) => domain === name || domain.endsWith(`.${name}`));
  if (!denied) return { decision: 'approved' };
  return {
    decision: 'rejected',
    reason: {
      type: problemType('email-domain-denied'),
      title: 'The e-mail domain is denied',
      detail: 'Users with an e-mail address at this domain are not approved.',
    },
  };
}
