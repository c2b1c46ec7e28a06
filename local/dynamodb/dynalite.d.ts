declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
    readonly path?: string;
  }

  /** A DynamoDB on an HTTP server that need not listen: it answers what is emitted on it as 'request'. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
