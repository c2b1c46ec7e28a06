/** What a function that reports batch item failures has said of its batch. */
export type BatchItemFailures =
  | { readonly kind: 'none' }
  /** Everything before `index` is processed; it and all after it is not, whatever else was reported. */
  | { readonly kind: 'from'; readonly index: number }
  /** The answer cannot be understood, so the whole batch counts as failed. */
  | { readonly kind: 'malformed' };

const NONE: BatchItemFailures = { kind: 'none' };
const MALFORMED: BatchItemFailures = { kind: 'malformed' };

/**
 * Reads a function's answer, JSON text, by the rules of "Configuring partial batch response with Kinesis Data
 * Streams and Lambda": the lowest sequence number reported is the checkpoint. `""`, `[]`, `null`, `{}` and an
 * empty or null list are success; an identifier that is missing, empty or not in the batch fails the whole batch.
 * What AWS does with an answer of any other shape nobody has recorded; here it fails the batch, so nothing is lost.
 */
export function readBatchItemFailures(answer: string, sequenceNumbers: readonly string[]): BatchItemFailures {
  const list = failureList(answer);
  if (list === undefined) return MALFORMED;
  if (list.length === 0) return NONE;
  const indexOf = new Map(sequenceNumbers.map((sequenceNumber, index) => [sequenceNumber, index]));
  let lowest = sequenceNumbers.length;
  for (const item of list) {
    const identifier = isObject(item) ? item['itemIdentifier'] : undefined;
    const index = typeof identifier === 'string' ? indexOf.get(identifier) : undefined;
    if (index === undefined) return MALFORMED;
    lowest = Math.min(lowest, index);
  }
  return { kind: 'from', index: lowest };
}

/** The reported failures, or undefined when the answer has another shape. */
function failureList(answer: string): readonly unknown[] | undefined {
  let response: unknown;
  try {
    response = JSON.parse(answer);
  } catch {
    return undefined;
  }
  if (response === null || response === '') return [];
  if (Array.isArray(response)) return response.length === 0 ? [] : undefined;
  if (!isObject(response)) return undefined;
  const failures = response['batchItemFailures'] ?? [];
  return Array.isArray(failures) ? failures : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
