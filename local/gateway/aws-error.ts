/** An error an AWS service answers with: `code` is what the SDKs show as its name. The wire codecs turn it into JSON or XML. */
export class AwsError extends Error {
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.statusCode = statusCode;
  }
}
