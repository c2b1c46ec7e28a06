import type { z } from 'zod';
import type { operationViewSchema } from '../../functions/operation-service/answer-schemas.ts';
import { until } from './cloud.ts';

export type OperationView = z.infer<typeof operationViewSchema>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** The API as a client sees it. */
export class ApiClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.#url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const body = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, text, body };
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('/users', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Asks for a user that must be accepted; resolves to the operation's id. */
  async accepted(email: string, headers: Record<string, string> = {}): Promise<string> {
    const { status, body, text } = await this.post({ name: 'Ada Lovelace', email }, headers);
    if (status !== 202) throw new Error(`${email} was not accepted: ${status} ${text}`);
    return String(body['id']);
  }

  async operation(id: string): Promise<OperationView> {
    return (await this.request(`/operations/${id}`)).body as unknown as OperationView;
  }

  /** Polls until the operation is settled. */
  settled(id: string, withinMs?: number): Promise<OperationView> {
    return until(
      `operation ${id} to settle`,
      async () => {
        const operation = await this.operation(id);
        return operation.status !== 'pending' && operation;
      },
      withinMs,
    );
  }
}
