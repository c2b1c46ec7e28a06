import { TerraformError } from './terraform-error.ts';

/** The local cloud has nothing but the stack: what is not in it cannot be called. */
export function inStack<T>(found: T | undefined, address: string, wanted: string): T {
  if (found === undefined) throw new TerraformError(address, `nothing in the stack is ${wanted}`);
  return found;
}
