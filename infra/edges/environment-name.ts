/** `user-create`, `STREAM` → `USER_CREATE_STREAM`: how a function finds the name of what it is connected to. */
export function environmentName(name: string, kind: 'STREAM' | 'TABLE'): string {
  return `${name.replaceAll('-', '_').toUpperCase()}_${kind}`;
}
