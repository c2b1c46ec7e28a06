/** Reads a variable that Terraform sets on the function; a missing one fails the init phase, by name. */
export function requiredText(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}

/** Reads a variable that must be a whole number from `min` to `max`. */
export function requiredInteger(name: string, min: number, max: number): number {
  const value = Number(requiredText(name));
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`environment variable ${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** Reads a comma-separated list; unset or empty is the empty list. */
export function optionalList(name: string): string[] {
  return (process.env[name] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
