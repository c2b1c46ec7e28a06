import type { TerraformElement } from 'cdktn';

/** Gives an element its plain kebab-case Terraform address in place of the hashed one that cdktn would derive. */
export function addressed<T extends TerraformElement>(name: string, element: T): T {
  element.overrideLogicalId(name);
  return element;
}
