/** What is wrong with the Terraform JSON or its variables, at which address; one line that says what to do. */
export class TerraformError extends Error {
  readonly address: string;

  constructor(address: string, problem: string, options?: ErrorOptions) {
    super(`${address}: ${problem.replaceAll(/\s*\n\s*/g, ' ')}`, options);
    this.name = 'TerraformError';
    this.address = address;
  }
}
