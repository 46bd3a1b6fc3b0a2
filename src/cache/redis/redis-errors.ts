/**
 * What kind of error reply Redis sent (`OOM`, `NOPERM`, …), or undefined if the error is not a reply but trouble on the way.
 * The rest of a reply's text is not for logs: it can repeat what was sent.
 */
export function replyKind(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  return /^[A-Z]{2,20}(?= )/.exec(error.message)?.[0] ?? 'ERR';
}
