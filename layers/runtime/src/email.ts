import { REQUEST } from './limits.ts';

const LOCAL_PART = String.raw`[^\s@\p{C}"(),:;<>[\]\\]{1,64}`;
const LABEL = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?`;
const ADDRESS = new RegExp(String.raw`^${LOCAL_PART}@(?:${LABEL}\.)+${LABEL}$`, 'u');

/**
 * The one spelling under which an address is claimed: NFKC, trim, lower case, NFKC again (lower-casing can leave
 * the normal form). Applying it twice changes nothing.
 */
export function normaliseEmail(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}

/** Whether a normalised address is one that mail could be sent to, as far as its form can tell. */
export function isEmail(normalised: string): boolean {
  return normalised.length <= REQUEST.emailCharactersMax && ADDRESS.test(normalised);
}

/** The domain of a normalised address. */
export function domainOf(normalised: string): string {
  return normalised.slice(normalised.lastIndexOf('@') + 1);
}
