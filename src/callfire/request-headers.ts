type RequestHeaders = Readonly<Record<string, string>>;

/** So that credentials which are replaced again and again leave nothing behind; two are in use at a time. */
const MOST_KEPT = 4;

/** The headers of a lookup with a given `Authorization`, made once for each: making them for each request would show. */
export function createRequestHeaders(): (authorization: string) => RequestHeaders {
  const made = new Map<string, RequestHeaders>();
  return (authorization) => {
    const known = made.get(authorization);
    if (known !== undefined) return known;
    if (made.size === MOST_KEPT) made.clear();
    const headers = {
      authorization,
      accept: 'application/xml, text/xml;q=0.9',
      'accept-encoding': 'gzip, deflate',
      'user-agent': 'callfire-gateway',
    };
    made.set(authorization, headers);
    return headers;
  };
}
