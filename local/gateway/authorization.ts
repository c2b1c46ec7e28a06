/** What a signature's credential scope says; the signature itself is not recomputed. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** The service as signed for, e.g. `kinesis`. */
  readonly service: string;
}

const CREDENTIAL = 'Credential=';

/**
 * Reads `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`; nothing for any other header.
 * See "Authenticating requests (AWS Signature Version 4)".
 */
export function readCredentialScope(authorization: string | undefined): CredentialScope | undefined {
  if (!authorization?.startsWith('AWS4-')) return undefined;
  const start = authorization.indexOf(CREDENTIAL);
  if (start === -1) return undefined;
  const end = authorization.indexOf(',', start);
  const scope = authorization.slice(start + CREDENTIAL.length, end === -1 ? undefined : end);
  const [accessKeyId, , , service] = scope.trim().split('/');
  return accessKeyId && service ? { accessKeyId, service } : undefined;
}
