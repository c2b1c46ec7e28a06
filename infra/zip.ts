import { createHash } from 'node:crypto';
import { type Zippable, zipSync } from 'fflate';

/** A zip beside the stack's JSON: Terraform finds it by `fileName` and sees that it changed by `sha256`. */
export interface Artifact {
  readonly fileName: string;
  /** Base64, as Lambda reports it. */
  readonly sha256: string;
}

/** `os: 3` (Unix) and rw-r--r-- for every file, whatever the umask of the machine that builds. */
const FILE_ATTRIBUTES = { os: 3, attrs: 0o644 << 16 } as const;
/** The format's earliest time, in local time, because zips store local time: the same bytes in every time zone. */
const MODIFIED_AT = new Date(1980, 0, 1);

/** Zips files (path in the zip → content) so that the same files always give the same bytes. */
export function zipFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const zippable: Zippable = {};
  for (const [path, content] of sorted) zippable[path] = [content, FILE_ATTRIBUTES];
  return zipSync(zippable, { level: 9, mtime: MODIFIED_AT });
}

export function artifactOf(fileName: string, zip: Uint8Array): Artifact {
  return { fileName, sha256: createHash('sha256').update(zip).digest('base64') };
}
