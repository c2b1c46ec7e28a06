/**
 * Hands everything written to `stream` to `emit`, at once: a line overtaken by its invocation's result, or lost
 * because the worker was stopped in a busy loop, would be missing from that invocation's log.
 */
export function captureOutput(stream: NodeJS.WritableStream, emit: (text: string) => void): void {
  const write = (
    chunk: string | Uint8Array,
    encodingOrCallback?: BufferEncoding | (() => void),
    callback?: () => void,
  ): boolean => {
    const encoding = typeof encodingOrCallback === 'string' ? encodingOrCallback : 'utf8';
    emit(typeof chunk === 'string' ? Buffer.from(chunk, encoding).toString() : Buffer.from(chunk).toString());
    const written = typeof encodingOrCallback === 'function' ? encodingOrCallback : callback;
    if (written) process.nextTick(written);
    return true;
  };
  Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true });
}
