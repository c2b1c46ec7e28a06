import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID, type Principal } from './call.ts';
import { compilePolicy, type Policy } from './policy.ts';

/** Temporary credentials of a role, as STS would issue them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

interface Session {
  readonly principal: Principal;
  readonly sessionToken: string;
}

export const OWNER: Principal = { kind: 'owner', arn: `arn:aws:iam::${ACCOUNT_ID}:root` };

/** STS gives temporary keys this prefix ("IAM identifiers", unique ids, in the IAM user guide). */
const TEMPORARY_KEY_PREFIX = 'ASIA';

/**
 * Who may call, and what they may do: the roles of the stack and the credentials issued for them. Any key that is
 * not a temporary one is the account's owner. Signatures are not recomputed: a secret key is never compared.
 */
export class Identities {
  readonly #policies = new Map<string, readonly Policy[]>();
  readonly #sessions = new Map<string, Session>();
  readonly #randomBytes: (size: number) => Buffer;

  constructor(random: (size: number) => Buffer = randomBytes) {
    this.#randomBytes = random;
  }

  /** `policies`: a role's identity-based policy documents by name. Throws on what the local cloud cannot enforce. */
  addRole(roleArn: string, policies: Readonly<Record<string, unknown>>): void {
    this.#policies.set(
      roleArn,
      Object.entries(policies).map(([name, document]) => compilePolicy(name, document)),
    );
  }

  /** Credentials for a role; `sessionName` is the function's name on Lambda. */
  issue(roleArn: string, sessionName: string): Credentials {
    if (!this.#policies.has(roleArn)) throw new Error(`no such role: ${roleArn}`);
    const accessKeyId = TEMPORARY_KEY_PREFIX + this.#randomBytes(8).toString('hex').toUpperCase();
    const sessionToken = this.#randomBytes(96).toString('base64');
    this.#sessions.set(accessKeyId, { principal: { kind: 'role', arn: roleArn, sessionName }, sessionToken });
    return { accessKeyId, secretAccessKey: this.#randomBytes(30).toString('base64'), sessionToken };
  }

  /** The principal behind a key, or nothing when the key or its token is not one that was issued. */
  authenticate(accessKeyId: string, sessionToken: string | undefined): Principal | undefined {
    if (!accessKeyId.startsWith(TEMPORARY_KEY_PREFIX)) return OWNER;
    const session = this.#sessions.get(accessKeyId);
    return session?.sessionToken === sessionToken ? session?.principal : undefined;
  }

  policiesOf(roleArn: string): readonly Policy[] {
    return this.#policies.get(roleArn) ?? [];
  }
}

/** The ARN by which AWS names a role's session in refusals. */
export function sessionArn({ arn, sessionName }: { arn: string; sessionName?: string }): string {
  const roleName = arn.slice(arn.lastIndexOf('/') + 1);
  return `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${roleName}/${sessionName ?? roleName}`;
}
