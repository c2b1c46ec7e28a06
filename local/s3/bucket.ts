/** An object as stored. Immutable: a put replaces it whole. */
export interface StoredObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding?: string;
  /** With its quotes, as it is sent. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Checksums that came with the object and were found right, by algorithm, in base64. */
  readonly checksums: Readonly<Record<string, string>>;
}

/** A bucket's objects, by key; the sorted keys are made when a listing asks for them and kept until they change. */
export class Bucket {
  readonly createdMs: number;
  readonly #objects = new Map<string, StoredObject>();
  #sortedKeys: readonly string[] | undefined;

  constructor(createdMs: number) {
    this.createdMs = createdMs;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(object: StoredObject): void {
    if (!this.#objects.has(object.key)) this.#sortedKeys = undefined;
    this.#objects.set(object.key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#sortedKeys = undefined;
  }

  /** Keys in the order in which S3 lists them: by their UTF-8 bytes. */
  sortedKeys(): readonly string[] {
    this.#sortedKeys ??= [...this.#objects.keys()]
      .map((key) => Buffer.from(key))
      .sort(Buffer.compare)
      .map((key) => key.toString());
    return this.#sortedKeys;
  }
}

/** Every bucket, by name. */
export type Buckets = Map<string, Bucket>;
