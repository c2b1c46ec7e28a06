import { userIdOf } from '@shardbound/runtime/ids';
import type { Pipeline } from './pipeline.ts';

interface User {
  readonly pk: string;
  readonly id: string;
  readonly status: string;
  readonly emailNormalised: string;
}

/**
 * What must hold once everything is delivered: exactly one active user per completed operation and none for a failed
 * one, no two active users with one e-mail, every active user holds its claim and every claim has an owner.
 * Returns what is broken; nothing pending is among it unless `pending` names it.
 */
export async function broken(pipeline: Pipeline, pending: readonly string[] = []): Promise<string[]> {
  const faults: string[] = [];
  const userRows = await pipeline.rows('users');
  const users = new Map(
    userRows
      .filter(({ pk }) => pk.startsWith('user#'))
      .map((row) => [row.pk.slice('user#'.length), row as unknown as User]),
  );
  const claims = new Map(
    userRows
      .filter(({ pk }) => pk.startsWith('email#'))
      .map((row) => [row.pk.slice('email#'.length), String(row['userId'])]),
  );
  for (const { pk, id, status } of await pipeline.rows('operations')) {
    if (!pk.startsWith('operation#')) continue;
    const user = users.get(userIdOf(String(id)));
    if (status === 'completed' && user?.status !== 'active')
      faults.push(`${pk} completed, user ${user?.status}`);
    if (status === 'failed' && user?.status !== 'rejected') faults.push(`${pk} failed, user ${user?.status}`);
    if (status === 'pending' && !pending.includes(String(id))) faults.push(`${pk} is pending`);
  }
  const active = [...users.values()].filter(({ status }) => status === 'active');
  if (new Set(active.map(({ emailNormalised }) => emailNormalised)).size !== active.length) {
    faults.push('two active users share an e-mail');
  }
  for (const { id, emailNormalised } of active) {
    if (claims.get(emailNormalised) !== id) faults.push(`active user ${id} does not hold ${emailNormalised}`);
  }
  for (const [email, holder] of claims) {
    if (!users.has(holder)) faults.push(`${email} is claimed by nobody`);
  }
  return faults;
}
